"""Google Cloud Storage as a sink.

A part is an object below ``.trimaran-transfer/``, named by the hash of the final name and by its
place in it: what is there is complete, so it is all the state that going on needs. When all are
there they are composed into the object, 32 at a time, and that very request deletes them, past
soft delete and versioning. The session of a resumable upload would go on too, but one part after
the other, and its address is a secret that would have to be kept somewhere.

A run that failed for good and is never repeated leaves its parts: ``--discard-unfinished`` deletes
them, as does a lifecycle rule of the bucket (``matchesPrefix`` of that folder, some days of age).
"""

import hashlib
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Final

import requests
from google.api_core import exceptions
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY

from transfer.checksums import CRC32C, Crc, crc32c_of
from transfer.errors import ChecksumMismatch, SinkChanged, SinkRefused
from transfer.gcs_errors import told
from transfer.sink import SinkObject, Stretch
from transfer.source import Description

HIDDEN: Final = ".trimaran-transfer/"
# The largest body that google-cloud-storage sends in one request.
PART: Final = 8 * 1024**2
_MOST_SOURCES: Final = 32
_TOGETHER: Final = 8


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _object(blob: Any) -> SinkObject:
    return SinkObject(
        name=blob.name,
        size=blob.size,
        generation=str(blob.generation),
        crc32c=blob.crc32c,
        md5=blob.md5_hash,
        content_type=blob.content_type,
        metadata=blob.metadata or {},
    )


class GcsSink:
    """A bucket of Cloud Storage; credentials and endpoint are the client's own.

    kms_key: the key of what is written, ``projects/…/cryptoKeys/…``; else the bucket's default.
    """

    def __init__(
        self,
        bucket: str,
        *,
        connections: int,
        kms_key: str | None = None,
        part_size: int | None = None,
    ) -> None:
        self.url = f"gs://{bucket}"
        self.ordered = True
        self._part_size = min(part_size or PART, PART)
        self._kms_key = kms_key
        with told(self.url):
            self._client = storage.Client()
        adapter = requests.adapters.HTTPAdapter(pool_maxsize=connections)
        for scheme in ("https://", "http://"):
            self._client._http.mount(scheme, adapter)  # noqa: SLF001 - the documented way
        self._bucket = self._client.bucket(bucket)
        self._retained = False
        self._left: set[str] = set()

    def close(self) -> None:
        self._client.close()

    def part_size(self, size: int) -> int:
        return self._part_size

    def metadata(self, source: Mapping[str, str]) -> dict[str, str]:
        return dict(source)

    def check(self) -> None:
        with told(self.url):
            listing = self._bucket.list_blobs(prefix=HIDDEN, delimiter="/")
            for _ in listing:
                pass
            self._left = set(listing.prefixes)
        # Who may write objects need not be allowed to see the bucket's settings.
        with suppress(exceptions.Forbidden):
            self._bucket.reload()
            self._retained = bool(
                self._bucket.retention_period or self._bucket.default_event_based_hold
            )

    def objects(self, prefix: str) -> Iterator[SinkObject]:
        with told(self.url):
            for blob in self._bucket.list_blobs(prefix=prefix):
                if not blob.name.startswith(HIDDEN):
                    yield _object(blob)

    def find(self, name: str) -> SinkObject | None:
        with told(f"{self.url}/{name}"):
            blob = self._bucket.get_blob(name)
        return _object(blob) if blob else None

    def blob(self, name: str, description: Description | None = None) -> Any:
        """A blob to write, as ``description`` says."""
        blob = self._bucket.blob(name, kms_key_name=self._kms_key)
        if description is not None:
            blob.content_type = description.content_type
            blob.content_encoding = description.content_encoding
            blob.content_language = description.content_language
            blob.content_disposition = description.content_disposition
            blob.cache_control = description.cache_control
            blob.metadata = dict(description.metadata)
        return blob

    def put(
        self, name: str, data: bytes, description: Description, replaced: SinkObject | None
    ) -> SinkObject:
        where = f"{self.url}/{name}"
        blob = self.blob(name, description)
        crc = Crc.of(CRC32C, data)
        try:
            with told(where):
                self._upload(blob, data, description.content_type, _generation(replaced))
        except SinkChanged:
            return self.already(name, crc)
        return arrived(where, blob, crc)

    def put_part(self, name: str, data: bytes, metadata: dict[str, str]) -> Any:
        """Write an object of parts, also in place of one that is there; the blob, as it arrived."""
        blob = self.blob(name)
        blob.metadata = metadata
        with told(f"{self.url}/{name}"):
            self._upload(blob, data, None, None)
        arrived(f"{self.url}/{name}", blob, Crc.of(CRC32C, data))
        return blob

    def _upload(self, blob: Any, data: bytes, kind: str | None, generation: int | None) -> None:
        blob.upload_from_file(
            io.BytesIO(data),
            size=len(data),
            content_type=kind or "application/octet-stream",
            if_generation_match=generation,
            checksum="crc32c",  # sent along: another body is refused before it is an object
            retry=DEFAULT_RETRY,
        )

    def compose(self, blob: Any, parts: Sequence[Stretch], generation: int, crc: Crc) -> None:
        """Make ``blob`` of parts, which are gone then. Raises SinkChanged, ChecksumMismatch."""
        sources = [self._bucket.blob(name, generation=number) for name, number in
                   (part.handle for part in parts)]  # fmt: skip
        with told(f"{self.url}/{blob.name}"):
            blob.compose(
                sources,
                if_generation_match=generation,
                if_source_generation_match=[part.handle[1] for part in parts],
                retry=DEFAULT_RETRY,
                delete_source_objects=True,
            )
        arrived(f"{self.url}/{blob.name}", blob, crc)

    def already(self, name: str, crc: Crc) -> SinkObject:
        """The object, if it is what was to be written: a repeated request that had succeeded.

        Raises SinkChanged when it is not.
        """
        found = self.find(name)
        if found is None or (found.size, found.crc32c) != (crc.size, crc.base64):
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
    ) -> "GcsAssembly":
        if self._retained:
            raise SinkRefused(
                f"{self.url}/{name}: the bucket has a retention policy or holds its objects, so "
                "the parts of an object that is larger than a part could never be deleted",
                remedy="copy into a bucket without, and from there with Google's tools",
            )
        folder = f"{HIDDEN}{_hashed(name)}/"
        return GcsAssembly(
            self,
            self.blob(name, description),
            folder=folder,
            own=f"{folder}{_hashed(f'{version} {algorithm}')}/",
            generation=_generation(replaced),
            algorithm=algorithm,
            known_empty=folder not in self._left,
        )

    def tidy(self, name: str) -> None:
        folder = f"{HIDDEN}{_hashed(name)}/"
        if folder in self._left:
            self.delete(self.blobs(folder))

    def discard_all(self) -> int:
        return self.delete(self.blobs(HIDDEN))

    def blobs(self, prefix: str) -> list[Any]:
        """The client's blobs below a prefix, in order."""
        with told(self.url):
            return list(self._bucket.list_blobs(prefix=prefix))

    def delete(self, blobs: Iterable[Any]) -> int:
        """Delete these generations, for good even where the bucket keeps versions; how many."""

        def delete(blob: Any) -> None:
            with told(f"{self.url}/{blob.name}"), suppress(exceptions.NotFound):
                self._bucket.delete_blob(blob.name, generation=blob.generation)

        with ThreadPoolExecutor(_TOGETHER) as pool:
            return len(list(pool.map(delete, blobs)))


class GcsAssembly:
    """One object of a GcsSink that arrives in parts.

    own: the prefix of the parts of this content; others below ``folder`` are of another one.
    generation: of the object that is replaced, 0 when there is none.
    """

    def __init__(
        self,
        sink: GcsSink,
        blob: Any,
        *,
        folder: str,
        own: str,
        generation: int,
        algorithm: str,
        known_empty: bool,
    ) -> None:
        self._sink, self._blob = sink, blob
        self._folder, self._own = folder, own
        self._generation, self._algorithm = generation, algorithm
        self._known_empty = known_empty

    def stale(self) -> bool:
        if self._known_empty:
            return False
        old = [each for each in self._sink.blobs(self._folder) if not self._is_own(each)]
        return bool(self._sink.delete(old))

    def _is_own(self, blob: Any) -> bool:
        return bool(blob.name.startswith(self._own))

    def found(self) -> list[Stretch]:
        if self._known_empty:
            return []
        found: list[Stretch] = []
        surplus = []
        # Names sort by offset; of two at one place, the later and longer one has the other in it.
        blobs = self._sink.blobs(self._own)
        stretches = sorted(
            ((self._stretch(blob), blob) for blob in blobs),
            key=lambda pair: (pair[0].offset, -pair[0].size),
        )
        for stretch, blob in stretches:
            if found and stretch.offset < found[-1].end:
                surplus.append(blob)
            else:
                found.append(stretch)
        self._sink.delete(surplus)
        return found

    def _stretch(self, blob: Any) -> Stretch:
        offset = int(blob.name.rpartition("/")[2].partition("-")[0])
        crc32c = Crc(CRC32C, crc32c_of(blob.crc32c), blob.size)
        return Stretch(
            offset=offset,
            size=blob.size,
            crc32c=crc32c,
            crc=Crc(self._algorithm, int(blob.metadata["crc"], 16), blob.size),
            handle=(blob.name, blob.generation),
        )

    def _name(self, offset: int, size: int) -> str:
        return f"{self._own}{offset:020d}-{size}"

    def put(self, offset: int, data: bytes) -> Stretch:
        metadata = {"crc": f"{Crc.of(self._algorithm, data).value:x}"}
        return self._stretch(self._sink.put_part(self._name(offset, len(data)), data, metadata))

    def finish(self, stretches: Sequence[Stretch]) -> SinkObject:
        parts = list(stretches)
        with ThreadPoolExecutor(_TOGETHER) as pool:
            while len(parts) > _MOST_SOURCES:
                groups = [
                    parts[first : first + _MOST_SOURCES]
                    for first in range(0, len(parts), _MOST_SOURCES)
                ]
                parts = list(pool.map(self._joined, groups))
        crc = Crc.joined(CRC32C, (part.crc32c for part in parts))
        try:
            self._sink.compose(self._blob, parts, self._generation, crc)
        except SinkChanged:
            return self._sink.already(self._blob.name, crc)
        return _object(self._blob)

    def _joined(self, parts: Sequence[Stretch]) -> Stretch:
        """One stretch in the place of some."""
        if len(parts) == 1:
            return parts[0]
        crc = Crc.joined(self._algorithm, (part.crc for part in parts))
        name = self._name(parts[0].offset, crc.size)
        blob = self._sink.blob(name)
        blob.metadata = {"crc": f"{crc.value:x}"}
        joined = Crc.joined(CRC32C, (part.crc32c for part in parts))
        try:
            self._sink.compose(blob, parts, 0, joined)
        except SinkChanged:
            self._sink.already(name, joined)
            blob.reload()
        return self._stretch(blob)

    def discard(self) -> None:
        self._sink.delete(self._sink.blobs(self._folder))


def _generation(replaced: SinkObject | None) -> int:
    """The generation that a write may replace; 0 stands for none."""
    return int(replaced.generation) if replaced else 0


def arrived(where: str, blob: Any, crc: Crc) -> SinkObject:
    """The object that the sink says it has. Raises ChecksumMismatch when it is another one."""
    if (blob.size, blob.crc32c) != (crc.size, crc.base64):
        blob.delete(if_generation_match=blob.generation)
        raise ChecksumMismatch(
            f"{where}: {crc.size} bytes with CRC32C {crc.base64} were sent, the sink has "
            f"{blob.size} with {blob.crc32c}, which was deleted",
            remedy="run again",
        )
    return _object(blob)
