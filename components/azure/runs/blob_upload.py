"""Files of this machine in a container, as a resource: uploaded once per content."""

import zipfile
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, ClassVar, Final

import pulumi

from components.azure.runs.blobs import (
    blob_url,
    container_client,
    delete_written,
    names_below,
    once_granted,
)
from components.azure.runs.errors import explained
from components.packaging import ROOT, PackagingError, file_sha256, files_in
from components.runs.polling import Polling
from components.runs.resource import RunResource
from plugin.handler import (
    CheckFailure,
    Handler,
    InitializationFailedError,
    Properties,
    ResourceFailedError,
    State,
)
from plugin.provider import Context

TYPE: Final = "trimaran:azure:BlobUpload"
_Open = Callable[[], IO[bytes]]


@dataclass(frozen=True, kw_only=True)
class BlobUploadArgs:
    """What is uploaded, and where to."""

    account_url: pulumi.Input[str]
    """``primaryEndpoints.blob`` of the storage account."""
    container: pulumi.Input[str]
    path: pulumi.Input[str]
    """The blob's name; of a directory's or an unpacked archive's files what comes before ``/``."""
    source: pulumi.Input[str]
    """A file or a directory on this machine; a relative path begins at the project's root."""
    sha256: pulumi.Input[str]
    """Of the source's content: another value uploads again."""
    content_type: pulumi.Input[str] | None = None
    unpack: pulumi.Input[bool] = False
    """Upload the members of a ``.zip`` instead of the archive."""


class BlobUpload(RunResource):
    """Uploads with the identity that runs Pulumi.

    The provider's own ``Blob`` signs with the account's key, which is switched off here
    (https://github.com/pulumi/pulumi-azure-native/issues/2015).
    """

    account_url: pulumi.Output[str]
    container: pulumi.Output[str]
    path: pulumi.Output[str]
    source: pulumi.Output[str]
    sha256: pulumi.Output[str]
    content_type: pulumi.Output[str | None]
    unpack: pulumi.Output[bool]
    url: pulumi.Output[str]
    """Of the blob, or of the folder, without a slash at its end."""
    uploaded_sha256: pulumi.Output[str]
    """``sha256``, once it is there."""
    etags: pulumi.Output[Mapping[str, str]]
    """Of the blobs as they were uploaded, by their names within the container."""

    def __init__(
        self, name: str, args: BlobUploadArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class BlobUploadHandler(Handler):
    """Uploads when the content is another one; deletes what it uploaded."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"accountUrl", "container", "path"})
    computed: ClassVar[frozenset[str]] = frozenset({"url", "uploadedSha256", "etags"})
    volatile: ClassVar[frozenset[str]] = frozenset({"uploadedSha256", "etags"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        path = new.get("path")
        if not isinstance(path, str) or (path and path == path.strip("/")):
            return new, []
        reason = f"must be a blob's name without a slash at either end, not {path!r}"
        return new, [CheckFailure(property="path", reason=reason)]

    def preview_create(self, inputs: Properties) -> Properties:
        return {**super().preview_create(inputs), "url": blob_url(inputs)}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        known = {**super().preview_update(outputs, new), "url": blob_url(new)}
        return {**known, "uploadedSha256": new["sha256"]}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        url = str(blob_url(inputs))
        uploaded: dict[str, str] = {}
        try:
            _upload(context, inputs, uploaded)
        except ResourceFailedError as error:
            if not uploaded:
                raise
            # Some files are there: kept in the state, so that nothing is left behind.
            outputs = {**inputs, "url": url, "etags": uploaded}
            raise InitializationFailedError(str(error), resource_id=url, outputs=outputs) from error
        return url, {"url": url, "uploadedSha256": inputs["sha256"], "etags": uploaded}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        uploaded: dict[str, str] = {}
        _upload(context, new, uploaded)
        before: Mapping[str, str] = outputs.get("etags") or {}
        delete_written(new, {name: before[name] for name in before.keys() - uploaded.keys()})
        return {"url": resource_id, "uploadedSha256": new["sha256"], "etags": uploaded}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        with explained(resource_id):
            there = names_below(outputs["accountUrl"], outputs["container"], outputs["path"])
        if not there.issuperset(outputs.get("etags") or ()):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        delete_written(outputs, outputs.get("etags") or {})


def _upload(context: Context, inputs: Properties, uploaded: dict[str, str]) -> None:
    """Uploads every file; ``uploaded`` gets names and ETags of those that are there."""
    from azure.storage.blob import ContentSettings

    url = str(blob_url(inputs))
    polling = Polling(context, url)
    kind = inputs.get("contentType")
    settings = ContentSettings(content_type=str(kind)) if kind else None
    container = container_client(inputs["accountUrl"], inputs["container"])
    with closing(_files(inputs)) as files:
        for name, open_file in files:
            context.progress(f"uploading {name}")

            def upload(name: str = name, open_file: _Open = open_file) -> str:
                blob = container.get_blob_client(name)
                with open_file() as data:
                    written = blob.upload_blob(data, overwrite=True, content_settings=settings)
                return str(written["etag"])

            uploaded[name] = once_granted(polling, url, upload)


def _files(inputs: Properties) -> Generator[tuple[str, _Open], None, None]:
    """The blobs' names, each with what opens its content.

    Raises:
        ResourceFailedError: when the source is missing or not what ``sha256`` says.
    """
    source, path = ROOT / str(inputs["source"]), str(inputs["path"])
    if source.is_dir():
        try:
            files = sorted(files_in(source))
        except PackagingError as error:
            raise ResourceFailedError(str(error)) from error
        for file in files:
            yield f"{path}/{file.relative_to(source).as_posix()}", _opening(file)
        return
    _require_unchanged(source, str(inputs["sha256"]))
    if not inputs.get("unpack"):
        yield path, _opening(source)
        return
    try:
        with zipfile.ZipFile(source) as archive:
            for member in sorted(archive.infolist(), key=lambda item: item.filename):
                if not member.is_dir():
                    _require_inside(source, member.filename)
                    yield f"{path}/{member.filename}", partial(archive.open, member)
    except zipfile.BadZipFile as error:
        raise ResourceFailedError(f"{source} is no zip archive: {error}") from error


def _opening(file: Path) -> _Open:
    return lambda: file.open("rb")


def _require_unchanged(source: Path, sha256: str) -> None:
    if not source.is_file():
        raise ResourceFailedError(f"{source} does not exist: nothing to upload")
    if file_sha256(source) != sha256:
        raise ResourceFailedError(
            f"{source} changed since the program read it: run `pulumi up` again"
        )


def _require_inside(source: Path, name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or parts[0] == "/" or ".." in parts:
        raise ResourceFailedError(f"{source} holds {name!r}, a name that leaves its folder")
