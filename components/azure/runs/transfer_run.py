"""An object of S3 brought into a container, as a resource: copied once per content."""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.azure.runs.blobs import blob_exists, blob_url, delete_written
from components.runs.resource import RunResource
from plugin.handler import Handler, Properties, State
from plugin.provider import Context

TYPE: Final = "trimaran:azure:TransferRun"


@dataclass(frozen=True, kw_only=True)
class TransferRunArgs:
    """What is copied, and where to."""

    source_uri: pulumi.Input[str]
    """``s3://bucket/key`` of the object."""
    source_region: pulumi.Input[str]
    account_url: pulumi.Input[str]
    """``primaryEndpoints.blob`` of the storage account."""
    container: pulumi.Input[str]
    path: pulumi.Input[str]
    """The blob's name."""
    trigger: pulumi.Input[str]
    """Content hash of the source's data: copied again when, and only when, it changes."""


class TransferRun(RunResource):
    """Copies with the two identities of the machine that runs Pulumi: AWS's reads, Azure's writes.

    Azure has no service that fetches from S3 without a key, so the bytes go through this machine:
    streamed in parts, compared with the checksums of both clouds, visible only as a whole. A run
    that was interrupted goes on from its last finished part.
    """

    source_uri: pulumi.Output[str]
    source_region: pulumi.Output[str]
    account_url: pulumi.Output[str]
    container: pulumi.Output[str]
    path: pulumi.Output[str]
    trigger: pulumi.Output[str]
    url: pulumi.Output[str]
    transferred_url: pulumi.Output[str]
    """``url``, once the object is there."""
    etag: pulumi.Output[str]
    """Of the blob as this run left it."""
    bytes_copied: pulumi.Output[int]

    def __init__(
        self, name: str, args: TransferRunArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class TransferRunHandler(Handler):
    """Copies when the content is another one; deletes what it brought."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"accountUrl", "container", "path"})
    computed: ClassVar[frozenset[str]] = frozenset({"url", "transferredUrl", "etag", "bytesCopied"})
    volatile: ClassVar[frozenset[str]] = frozenset({"transferredUrl", "etag", "bytesCopied"})

    def preview_create(self, inputs: Properties) -> Properties:
        url = blob_url(inputs)
        return {**super().preview_create(inputs), "url": url, "transferredUrl": url}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        url = blob_url(new)
        return {**super().preview_update(outputs, new), "url": url, "transferredUrl": url}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return str(blob_url(inputs)), _copy(context, inputs)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        return _copy(context, new)

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        return State(id=resource_id, outputs=outputs) if blob_exists(resource_id) else None

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        delete_written(outputs, {str(outputs["path"]): str(outputs["etag"])})


def _copy(context: Context, inputs: Properties) -> dict[str, Any]:
    # Imports the libraries of both clouds: only when there is something to copy.
    from components.azure.runs.copying import copy

    return copy(context, inputs)
