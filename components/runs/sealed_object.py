"""A file of this machine in a cloud's lake, sealed before it goes there, as a resource.

The project's own command seals (``python -m model_code.encryption``), so that what `up` does is
what a person can do by hand. State and logs hold the file's hash and the key's id, never the data
or a data key.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, cast

import pulumi

from components.packaging import ROOT, file_sha256
from components.runs.polling import Polling
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError, State
from plugin.provider import Context

TYPE: Final = "trimaran:index:SealedObject"
# What keeps the objects of a scheme.
_STORES: Final = {
    "s3": "components.aws.runs.objects",
    "gs": "components.gcp.runs.objects",
    "https": "components.azure.runs.objects",
}
_KEY_REFUSED: Final = 3
# A right to the key that was given seconds ago may not be known everywhere yet.
_GRANTING_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 20.0
_HEADER_BYTES: Final = 8192
_MEDIA_TYPE: Final = "application/octet-stream"


class Store(Protocol):
    """A cloud's objects; every call raises ResourceFailedError when the cloud refuses."""

    def put(self, polling: Polling, uri: str, file: Path, properties: Properties) -> None:
        """Stores a file; the object becomes visible as a whole."""

    def first_bytes(self, uri: str, count: int, properties: Properties) -> bytes | None:
        """What an object begins with; ``None`` when it is not there."""

    def remove(self, uri: str, properties: Properties) -> None:
        """Deletes an object; one that is gone is no error."""


@dataclass(frozen=True, kw_only=True)
class SealedObjectArgs:
    """What is sealed, with which key, for what, and where it is kept."""

    uri: pulumi.Input[str]
    """``s3://bucket/key``, ``gs://bucket/name`` or ``https://ACCOUNT…/container/name``."""
    source: pulumi.Input[str]
    """A file on this machine; a relative path begins at the project's root."""
    sha256: pulumi.Input[str]
    """Of the file's plain content: another value seals and stores again."""
    key_id: pulumi.Input[str]
    """The wrapping key, as ``python -m model_code.encryption --help`` names the forms."""
    context: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """``dataset`` and ``purpose``: bound to data and data key."""
    region: pulumi.Input[str] | None = None
    """Of an S3 bucket; the environment's by default."""
    storage_key_id: pulumi.Input[str] | None = None
    """What S3 encrypts the sealed object with once more; the others' buckets know."""


class SealedObject(RunResource):
    """Seals once for each content, key and context; the second `up` changes nothing.

    Each sealing has a data key of its own, so that the object's bytes differ from one to the next.
    """

    uri: pulumi.Output[str]
    source: pulumi.Output[str]
    sha256: pulumi.Output[str]
    key_id: pulumi.Output[str]
    context: pulumi.Output[Mapping[str, str]]
    region: pulumi.Output[str | None]
    storage_key_id: pulumi.Output[str | None]
    stored_uri: pulumi.Output[str]
    """``uri``, once the object is there."""

    def __init__(
        self, name: str, args: SealedObjectArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class SealedObjectHandler(Handler):
    """Seals into a scratch file, stores that, and forgets it."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"uri", "region"})
    computed: ClassVar[frozenset[str]] = frozenset({"storedUri"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        uri = new.get("uri")
        if isinstance(uri, str) and uri.partition("://")[0] not in _STORES:
            reason = f"must begin with one of {', '.join(f'{each}://' for each in _STORES)}"
            return new, [CheckFailure(property="uri", reason=reason)]
        return new, []

    def preview_create(self, inputs: Properties) -> Properties:
        return {**inputs, "storedUri": inputs["uri"]}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        _seal_and_store(context, inputs)
        return str(inputs["uri"]), {"storedUri": inputs["uri"]}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        _seal_and_store(context, new)
        return {"storedUri": new["uri"]}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        header = _store_of(resource_id).first_bytes(resource_id, _HEADER_BYTES, outputs)
        # Whatever else lies there now, in the clear or for another purpose, is not this object.
        if header is None or not _is_sealed_so(header, outputs):
            return None
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        _store_of(resource_id).remove(resource_id, outputs)


def _store_of(uri: str) -> Store:
    return cast("Store", import_module(_STORES[uri.partition("://")[0]]))


def _seal_and_store(context: Context, inputs: Properties) -> None:
    uri, source = str(inputs["uri"]), ROOT / str(inputs["source"])
    if not source.is_file():
        raise ResourceFailedError(f"{source} does not exist: nothing to seal for {uri}")
    polling = Polling(context, uri)
    with tempfile.TemporaryDirectory(prefix="sealing-") as directory:
        sealed = Path(directory) / "sealed"
        _seal(polling, source, sealed, inputs)
        # After the sealing, so that what was sealed is what the program read.
        if file_sha256(source) != inputs["sha256"]:
            raise ResourceFailedError(
                f"{source} changed since the program read it: run `pulumi up` again"
            )
        context.progress(f"{uri}: storing")
        _store_of(uri).put(polling, uri, sealed, inputs)


def _seal(polling: Polling, source: Path, sealed: Path, inputs: Properties) -> None:
    bound = inputs["context"]
    command = ["encrypt", str(source), str(sealed), "--key", str(inputs["keyId"])]
    command += ["--dataset", str(bound["dataset"]), "--purpose", str(bound["purpose"])]
    while True:
        status, told = _run(polling, command)
        if status == 0:
            return
        if status != _KEY_REFUSED or polling.elapsed > _GRANTING_SECONDS:
            raise ResourceFailedError(f"{inputs['uri']} was not sealed: {told}")
        polling.pause("waiting for the right to use the key")


def _is_sealed_so(header: bytes, outputs: Properties) -> bool:
    with tempfile.TemporaryDirectory(prefix="sealing-") as directory:
        start = Path(directory) / "start"
        start.write_bytes(header)
        with _command(["inspect", str(start)]) as process:
            text, _ = process.communicate()
    if process.returncode != 0:
        return False
    said = json.loads(text)
    key = str(outputs["keyId"])
    # Key Vault's ids name a version below the key that was given.
    same_key = str(said["key"]) == key or str(said["key"]).startswith(f"{key}/")
    return same_key and said["context"] == dict(outputs["context"])


def _run(polling: Polling, arguments: list[str]) -> tuple[int, str]:
    """Exit status, and what the command told of its failure."""
    with tempfile.TemporaryFile("w+") as errors, _command(arguments, errors=errors) as process:
        while process.poll() is None:
            polling.pause("sealing")
        errors.seek(0)
        lines = [line for line in errors.read().splitlines() if line.strip()]
    told = [line.removeprefix("error: ") for line in lines if line.startswith("error: ")]
    return process.returncode, (told or lines or ["the command tells nothing"])[-1]


@contextmanager
def _command(arguments: list[str], *, errors: Any = subprocess.DEVNULL) -> Iterator[Any]:
    """The command while it runs; it ends with the block, and removes what is unfinished."""
    process = subprocess.Popen(
        [sys.executable, "-m", "model_code.encryption", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        cwd=ROOT,
        env=_environment(),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _environment() -> dict[str, str]:
    """Ours; what the provider ``azure-native`` signs in with, in azure-identity's words as well."""
    names = ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET")
    principal = {f"AZURE_{name}": os.environ.get(f"ARM_{name}", "") for name in names}
    return {**os.environ, **(principal if all(principal.values()) else {})}
