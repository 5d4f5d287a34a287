"""Azure Blob Storage as a sink: ``az://container/name`` of one storage account.

The account is ``AZURE_STORAGE_CONNECTION_STRING``'s or, with the login of azure-identity, that of
``AZURE_STORAGE_ACCOUNT`` (``AZURE_STORAGE_SERVICE_ENDPOINT`` where it is not at Azure's own place);
a caller that has a client of its own hands it over instead.

A part is an uncommitted block, invisible by nature; its id says which content it is of, where it
belongs and its checksums, so the list of blocks is all the state that going on needs. Committing
the list makes the object, in one step. Azure deletes what is never committed after a week.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobServiceClient, ContentSettings

from transfer.azure_errors import error_code, told
from transfer.checksums import CRC32C, Crc, digest
from transfer.errors import SinkChanged, Unusable
from transfer.sink import MARK_VERSION, SinkObject, Stretch
from transfer.source import Description

PART: Final = 8 * 1024**2
_MOST_BLOCKS: Final = 50_000
# All ids of a blob's blocks have one length, at most 64: content, offset, size, two checksums.
_ID: Final = re.compile(r"([0-9a-v]{16})([0-9a-f]{13})([0-9a-f]{8})([0-9a-f]{8})([0-9a-f]{16})")
_VOID: Final = "v" * 16
_NAME: Final = re.compile(r"\W", re.ASCII)


def _client() -> BlobServiceClient:
    # Files are never compared here: the service itself refuses a body that is not what was sent.
    options: dict[str, Any] = {"max_single_put_size": 256 * 1024**2}
    if text := os.environ.get("AZURE_STORAGE_CONNECTION_STRING"):
        return BlobServiceClient.from_connection_string(text, **options)
    account = os.environ.get("AZURE_STORAGE_ACCOUNT")
    endpoint = os.environ.get("AZURE_STORAGE_SERVICE_ENDPOINT")
    if not account and not endpoint:
        raise Unusable(
            "az://: no storage account is named",
            remedy="set AZURE_STORAGE_ACCOUNT, or AZURE_STORAGE_CONNECTION_STRING",
        )
    from azure.identity import DefaultAzureCredential

    url = endpoint or f"https://{account}.blob.core.windows.net"
    return BlobServiceClient(url, credential=DefaultAzureCredential(), **options)


def _object(name: str, properties: Any) -> SinkObject:
    md5 = properties.content_settings.content_md5
    return SinkObject(
        name=name,
        size=properties.size,
        generation=properties.etag,
        md5=base64.b64encode(md5).decode() if md5 else None,
        content_type=properties.content_settings.content_type,
        metadata=properties.metadata or {},
    )


class AzureSink:
    """A container; ``key`` is the name of an encryption scope, by default the container's own.

    ``service`` is the account's client, which is closed with the sink; by default the
    environment's.
    """

    def __init__(
        self,
        container: str,
        *,
        key: str | None = None,
        part_size: int | None = None,
        service: BlobServiceClient | None = None,
    ) -> None:
        self.url = f"az://{container}"
        self.ordered = False
        self._part_size = part_size or PART
        self._scope: dict[str, Any] = {"encryption_scope": key} if key else {}
        with told(self.url):
            self._service = service or _client()
            self._container = self._service.get_container_client(container)

    def close(self) -> None:
        self._service.close()

    def part_size(self, size: int) -> int:
        return max(self._part_size, -(-size // _MOST_BLOCKS))

    def metadata(self, source: Mapping[str, str]) -> dict[str, str]:
        # Azure takes identifiers only, so `my-key` becomes `my_key`.
        return {_NAME.sub("_", name): value for name, value in source.items()}

    def check(self) -> None:
        with told(self.url):
            next(iter(self._container.list_blobs(results_per_page=1)), None)
            try:
                # Accounts with a hierarchy list by folders, not by names' bytes.
                account: Any = self._service.get_account_information()
                self.ordered = not account.get("is_hns_enabled", True)
            except HttpResponseError:
                self.ordered = False

    def objects(self, prefix: str) -> Iterator[SinkObject]:
        with told(self.url):
            for item in self._container.list_blobs(name_starts_with=prefix, include=["metadata"]):
                yield _object(item.name, item)

    def find(self, name: str) -> SinkObject | None:
        with told(f"{self.url}/{name}"):
            try:
                return _object(name, self._container.get_blob_client(name).get_blob_properties())
            except ResourceNotFoundError as error:
                if error_code(error) == "ContainerNotFound":
                    raise
                return None

    def put(
        self, name: str, data: bytes, description: Description, replaced: SinkObject | None
    ) -> SinkObject:
        settings = self.settings(description)
        settings.content_md5 = bytearray(base64.b64decode(digest("MD5", data)))
        try:
            with told(f"{self.url}/{name}"):
                self._container.get_blob_client(name).upload_blob(
                    data,
                    length=len(data),
                    overwrite=True,
                    content_settings=settings,
                    metadata=self.metadata(description.metadata),
                    validate_content=True,
                    **condition(replaced),
                    **self._scope,
                )
        except SinkChanged:
            pass  # or a repeated request that had succeeded
        return self.arrived(name, description, len(data), digest("MD5", data))

    def settings(self, description: Description) -> ContentSettings:
        """What the object has beside content and metadata."""
        return ContentSettings(
            content_type=description.content_type,
            content_encoding=description.content_encoding,
            content_language=description.content_language,
            content_disposition=description.content_disposition,
            cache_control=description.cache_control,
        )

    def arrived(
        self, name: str, description: Description, size: int, md5: str | None
    ) -> SinkObject:
        """The object, if it is the one that was to be written. Raises SinkChanged if not."""
        found = self.find(name)
        wanted = (description.metadata.get(MARK_VERSION), size, md5)
        if found is None or wanted != (found.metadata.get(MARK_VERSION), found.size, found.md5):
            raise SinkChanged(
                f"{self.url}/{name} was written by somebody else meanwhile; theirs is kept",
                remedy="run again to copy over it",
            )
        return found

    def assemble(
        self,
        name: str,
        description: Description,
        replaced: SinkObject | None,
        *,
        version: str,
        algorithm: str,
    ) -> "AzureAssembly":
        return AzureAssembly(
            self, self._container.get_blob_client(name), description, replaced,
            version=version, algorithm=algorithm, scope=self._scope,
        )  # fmt: skip

    def tidy(self, name: str) -> None:
        """Nothing: what is not committed goes by itself, after a week or with the next commit."""

    def discard_all(self) -> int:
        raise Unusable(
            f"{self.url}: Azure has no way to delete blocks that were not committed",
            remedy="nothing is to be done: they are gone a week after the last of them",
        )


class AzureAssembly:
    """One blob of an AzureSink that arrives in blocks."""

    def __init__(
        self,
        sink: AzureSink,
        blob: Any,
        description: Description,
        replaced: SinkObject | None,
        *,
        version: str,
        algorithm: str,
        scope: Mapping[str, Any],
    ) -> None:
        self._sink, self._blob = sink, blob
        self._description, self._replaced = description, replaced
        self._algorithm, self._scope = algorithm, scope
        self._where = f"{sink.url}/{blob.blob_name}"
        ids = self._blocks()
        # Blocks cannot be deleted, only made void: each such mark changes what ours are called.
        voids = sum(each.startswith(_VOID) for each in ids)
        text = f"{version} {algorithm} {voids}"
        self._own = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._found = [self._stretch(each) for each in ids if each.startswith(self._own)]
        self._other = len(ids) > len(self._found) + voids
        self._voids = voids

    def _blocks(self) -> list[str]:
        """Ids of what is there and not committed."""
        with told(self._where):
            try:
                _, blocks = self._blob.get_block_list("uncommitted")
            except ResourceNotFoundError:
                return []
        return [block.id for block in blocks if _ID.fullmatch(block.id)]

    def stale(self) -> bool:
        return self._other and not self._found and not self._voids

    def found(self) -> list[Stretch]:
        kept: list[Stretch] = []
        for stretch in sorted(self._found, key=lambda each: (each.offset, -each.size)):
            if not kept or stretch.offset >= kept[-1].end:
                kept.append(stretch)
        return kept

    def _stretch(self, identifier: str) -> Stretch:
        match = _ID.fullmatch(identifier)
        assert match is not None
        offset, size, crc32c, crc = (int(text, 16) for text in match.groups()[1:])
        return Stretch(
            offset=offset,
            size=size,
            crc32c=Crc(CRC32C, crc32c, size),
            crc=Crc(self._algorithm, crc, size),
            handle=(identifier, 0),
        )

    def put(self, offset: int, data: bytes) -> Stretch:
        crc32c, crc = Crc.of(CRC32C, data), Crc.of(self._algorithm, data)
        identifier = f"{self._own}{offset:013x}{len(data):08x}{crc32c.value:08x}{crc.value:016x}"
        with told(self._where):
            self._blob.stage_block(
                identifier, data, length=len(data), validate_content=True, **self._scope
            )
        return self._stretch(identifier)

    def finish(self, stretches: Sequence[Stretch]) -> SinkObject:
        try:
            with told(self._where):
                self._blob.commit_block_list(
                    [BlobBlock(block_id=stretch.handle[0]) for stretch in stretches],
                    content_settings=self._sink.settings(self._description),
                    metadata=self._sink.metadata(self._description.metadata),
                    validate_content=True,
                    **condition(self._replaced),
                    **self._scope,
                )
        except SinkChanged:
            pass  # or a repeated request that had succeeded
        size = sum(stretch.size for stretch in stretches)
        return self._sink.arrived(self._blob.blob_name, self._description, size, None)

    def discard(self) -> None:
        mark = f"{_VOID}{0:013x}{0:08x}{self._voids:08x}{0:016x}"
        with told(self._where):
            self._blob.stage_block(mark, b"-", length=1)


def condition(replaced: SinkObject | None) -> dict[str, Any]:
    """Only what was seen may be replaced, or nothing."""
    if replaced is None:
        return {"match_condition": MatchConditions.IfMissing}
    return {"etag": replaced.generation, "match_condition": MatchConditions.IfNotModified}
