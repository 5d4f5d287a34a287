"""A whole run: what is to be copied, many objects side by side, and what became of them."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from transfer.addresses import SINKS, SOURCES, Address, parse
from transfer.copying import Copier
from transfer.errors import SourceMissing, TransferError, Unusable
from transfer.listening import Kind, Listener, Outcome
from transfer.sink import Sink, SinkObject
from transfer.source import S3Source, SourceObject

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

JOBS = 8
_KEPT_FAILURES = 100


@dataclass(kw_only=True)
class Report:
    """What a run did.

    counts: objects by what became of them; bytes: of the objects that were copied.
    moved: bytes read from the source.
    unchecked: objects copied of which S3 has no checksum that could be compared; their CRC32C
        was compared between what was read and what the sink has.
    failures: the first hundred.
    """

    counts: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(Kind, 0))
    bytes: int = 0
    moved: int = 0
    unchecked: int = 0
    failures: list[Outcome] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything that was to be there is there."""
        return self.counts[Kind.FAILED] == 0

    def add(self, outcome: Outcome) -> None:
        self.counts[outcome.kind] += 1
        self.moved += outcome.moved
        if outcome.kind is Kind.COPIED:
            self.bytes += outcome.size
            self.unchecked += outcome.checked is None
        if outcome.kind is Kind.FAILED and len(self.failures) < _KEPT_FAILURES:
            self.failures.append(outcome)


def open_sink(
    address: Address,
    *,
    jobs: int,
    kms_key: str | None,
    part_size: int | None,
    blob_service: "BlobServiceClient | None" = None,
) -> Sink:
    """The sink of an address's cloud."""
    if address.scheme == "az":
        from transfer.azure import AzureSink

        return AzureSink(address.bucket, key=kms_key, part_size=part_size, service=blob_service)
    from transfer.gcs import GcsSink

    return GcsSink(address.bucket, connections=jobs, kms_key=kms_key, part_size=part_size)


def transfer(
    source: str,
    target: str,
    *,
    jobs: int = JOBS,
    kms_key: str | None = None,
    dry_run: bool = False,
    part_size: int | None = None,
    listener: Listener | None = None,
    region: str | None = None,
    blob_service: "BlobServiceClient | None" = None,
) -> Report:
    """Copy an object, or all objects below a prefix, from one cloud to another.

    Objects that are there already, unchanged, are skipped; so a run that failed, was killed or
    stopped is simply run again, and goes on from the last finished part.

    Args:
        source: ``s3://bucket``, ``s3://bucket/prefix`` or ``s3://bucket/key``. A prefix is taken
            as a folder: ``data`` does not mean ``database``.
        target: ``gs://bucket/prefix`` or ``az://container/prefix``; for a single object its new
            name, or a prefix that ends with ``/``.
        jobs: bodies under way at once, of small objects and of parts of large ones. Memory is
            about ``jobs`` × 3 × the part size, whatever the objects' sizes.
        kms_key: the sink's key, ``projects/…/cryptoKeys/…``, or the name of an encryption scope
            of Azure; by default the bucket's own.
        dry_run: only tell what would be copied.
        part_size: bytes of a part, 8 MiB by default and for Cloud Storage at most; Azure takes
            50 000 parts, so those of objects above 400 GB are larger.
        listener: hears of everything as it happens.
        region: of the source's bucket; by default boto3's own.
        blob_service: of the storage account that ``az://`` means, closed at the end; by default
            the one that the environment names.

    Returns:
        What was done; look at ``complete``. A failure of one object does not stop the others.

    Raises:
        BadAddress: one of the addresses cannot be read.
        Unusable: a bucket is missing or may not be used.
        SourceMissing: there is nothing at ``source``.
        ValueError: ``jobs`` or ``part_size`` is less than one.
    """
    if jobs < 1 or (part_size is not None and part_size < 1):
        raise ValueError("jobs and part_size must be at least 1")
    origin, goal = parse(source, SOURCES), parse(target, SINKS)
    listener = listener or Listener()
    # As many connections again are for what asks about objects while bodies are under way.
    reader = S3Source(origin.bucket, connections=2 * jobs, region=region)
    try:
        sink = open_sink(
            goal, jobs=2 * jobs, kms_key=kms_key, part_size=part_size, blob_service=blob_service
        )
        try:
            sink.check()
            run = _Run(reader, sink, jobs=jobs, dry_run=dry_run, listener=listener)
            return run.copy(origin, goal)
        finally:
            sink.close()
    finally:
        reader.close()


class _Run:
    def __init__(
        self, source: S3Source, sink: Sink, *, jobs: int, dry_run: bool, listener: Listener
    ) -> None:
        self._source, self._sink, self._listener = source, sink, listener
        self._jobs, self._dry_run = jobs, dry_run
        self._copier = Copier(source, sink, jobs=jobs, listener=listener)
        self._report = Report()
        self._lock = threading.Lock()
        self._fatal: TransferError | None = None

    def copy(self, origin: Address, goal: Address) -> Report:
        # The list must not run ahead of the copying, or it would grow in memory.
        waiting = threading.BoundedSemaphore(4 * self._jobs)
        pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="object")

        def ended(_: Future[None]) -> None:
            waiting.release()

        try:
            for item, name, existing in self._pairs(origin, goal):
                self._listener.found(item.size)
                waiting.acquire()
                if self._fatal is not None:
                    waiting.release()
                    break
                pool.submit(self._one, item, name, existing).add_done_callback(ended)
            pool.shutdown(wait=True)
        finally:
            self._copier.stop()
            pool.shutdown(wait=True, cancel_futures=True)
            self._copier.close()
        if self._fatal is not None:
            raise self._fatal
        return self._report

    def _one(self, item: SourceObject, name: str, existing: SinkObject | None) -> None:
        outcome = Outcome(
            kind=Kind.FAILED, source=str(item), target=f"{self._sink.url}/{name}", size=item.size
        )
        try:
            if self._dry_run:
                there = self._copier.is_there(item, existing)
                outcome = replace(outcome, kind=Kind.SKIPPED if there else Kind.PLANNED)
            else:
                outcome = self._copier.copy(item, name, existing)
        except Unusable as error:
            # Every other object would fail alike.
            outcome = replace(outcome, error=error)
            self._fatal = error
            self._copier.stop()
        except TransferError as error:
            outcome = replace(outcome, error=error)
        with self._lock:
            self._report.add(outcome)
        self._listener.finished(outcome)

    def _pairs(
        self, origin: Address, goal: Address
    ) -> Iterator[tuple[SourceObject, str, SinkObject | None]]:
        """Each object to copy with its new name and what has that name now."""
        if origin.path and not origin.path.endswith("/"):
            try:
                item = self._source.find(origin.path)
            except SourceMissing:
                pass
            else:
                name = goal.path
                if not name or name.endswith("/"):
                    name += origin.path.rpartition("/")[2]
                yield item, name, self._sink.find(name)
                return
        there = Lookup(self._sink, goal.folder)
        nothing = True
        for item in self._source.objects(origin.folder):
            nothing = False
            name = goal.folder + item.key.removeprefix(origin.folder)
            yield item, name, there.find(name)
        if nothing:
            raise SourceMissing(f"there is nothing at {origin}", remedy="look at the prefix")


class Lookup:
    """Finds the sink's objects of names that are asked for in order, with one pass over its list.

    A name that comes out of order (directory buckets list in none) is asked for by itself.
    """

    def __init__(self, sink: Sink, prefix: str) -> None:
        self._sink = sink
        self._objects = sink.objects(prefix) if sink.ordered else iter(())
        self._ahead = next(self._objects, None)
        self._last = ""

    def find(self, name: str) -> SinkObject | None:
        """The object of that name, or None."""
        if name < self._last or not self._sink.ordered:
            return self._sink.find(name)
        self._last = name
        while self._ahead is not None and self._ahead.name < name:
            self._ahead = next(self._objects, None)
        return self._ahead if self._ahead is not None and self._ahead.name == name else None
