"""One transfer operation: a thread that copies, can be paused, and goes on after a restart."""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from sandbox.errors import JobError
from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError
from sandbox.gcp.storage.object_metadata import refuse_retained
from sandbox.gcp.transfer.agent import refuse_bucket
from sandbox.gcp.transfer.conditions import overwrites, wanted
from sandbox.gcp.transfer.sources import ChecksumError, Item, Source, source_of
from sandbox.store import Record

OPERATIONS = "transfer-operations"
COPIED = "transfer-sources"
WORKERS = 4
SAVE_SECONDS = 0.5
MOST_ERROR_LOGS = 5
TYPE = "type.googleapis.com/google.storagetransfer.v1.TransferOperation"

log = logging.getLogger(__name__)


class _Cancelled(Exception):
    pass


class TransferRun:
    """Copies for one operation; its record tells all who ask how far it is."""

    def __init__(self, context: Context, name: str, on_end: Callable[[str], None]) -> None:
        self._context, self.name, self._on_end = context, name, on_end
        self._going = threading.Event()
        self._going.set()
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._counters: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._examples: dict[str, list[Record]] = {}
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, timeout: float = 10) -> None:
        self._thread.join(timeout)

    def pause(self) -> None:
        self._going.clear()
        self._save(status="PAUSED")

    def resume(self) -> None:
        self._save(status="IN_PROGRESS")
        self._going.set()

    def cancel(self) -> None:
        self._cancelled.set()
        self._going.set()

    def _save(self, *, done: bool = False, error: Record | None = None, **fields: Any) -> None:
        try:
            with self._context.store.change(OPERATIONS, self.name) as record:
                metadata = record["metadata"]
                metadata.update(fields)
                with self._lock:
                    metadata["counters"] = {k: str(v) for k, v in self._counters.items() if v}
                    metadata["errorBreakdowns"] = [
                        {
                            "errorCode": code,
                            "errorCount": str(count),
                            "errorLogEntries": self._examples[code],
                        }
                        for code, count in self._errors.items()
                    ]
                if done:
                    record["done"] = True
                    if error is None:
                        record["response"] = {"@type": "type.googleapis.com/google.protobuf.Empty"}
                    else:
                        record["error"] = error
        except KeyError:
            pass

    def _run(self) -> None:
        try:
            self._transfer()
        except _Cancelled:
            if not self._context.stopping.is_set():
                error = {"code": 1, "message": "The transfer operation was cancelled."}
                self._save(done=True, error=error, status="ABORTED", endTime=now())
        except JobError as problem:
            self._fail_as_a_whole(7, str(problem))
        except Exception as problem:
            if not self._context.stopping.is_set():
                log.exception("transfer %s", self.name)
            self._fail_as_a_whole(13, f"the sandbox failed: {problem!r}")
        else:
            if self._errors:
                first = next(iter(self._examples.values()))[0]["errorDetails"][0]
                count = sum(self._errors.values())
                error = {"code": 9, "message": f"{count} objects were not transferred: {first}"}
                self._save(done=True, error=error, status="FAILED", endTime=now())
            else:
                self._save(done=True, status="SUCCESS", endTime=now())
        finally:
            self._on_end(self.name)

    def _fail_as_a_whole(self, code: int, message: str) -> None:
        # At a stop the other side may go away first; the next start goes on.
        if not self._context.stopping.is_set():
            error = {"code": code, "message": message}
            self._save(done=True, error=error, status="FAILED", endTime=now())

    def _transfer(self) -> None:
        record = self._context.store.get(OPERATIONS, self.name)
        assert record is not None, "made before the run"
        metadata = record["metadata"]
        spec = metadata["transferSpec"]
        sink = spec["gcsDataSink"]
        problem = refuse_bucket(self._context, metadata["projectId"], sink["bucketName"])
        if problem:
            raise JobError(problem)
        source = source_of(self._context, metadata["projectId"], spec)
        # It may be paused before it has begun.
        self._save(status="IN_PROGRESS" if self._going.is_set() else "PAUSED")
        options, conditions = spec.get("transferOptions", {}), spec.get("objectConditions", {})
        names = self._copy_all(source, sink, options, conditions)
        if options.get("deleteObjectsUniqueInSink"):
            self._delete_others(sink, names, conditions)

    def _check_point(self) -> None:
        """Wait while paused; leave when cancelled or when the sandbox stops."""
        while not self._going.wait(0.1):
            if self._context.stopping.is_set():
                break
        if self._cancelled.is_set() or self._context.stopping.is_set():
            raise _Cancelled

    def _copy_all(
        self, source: Source, sink: Record, options: Record, conditions: Record
    ) -> set[str]:
        """Copy with a few workers; the names there are in the source."""
        names: set[str] = set()
        saved = time.monotonic()
        running: set[Future[None]] = set()
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="transfer") as workers:
            for item in source.items():
                self._check_point()
                if not wanted(item, conditions):
                    continue
                names.add(item.name)
                self._count(objectsFoundFromSource=1, bytesFoundFromSource=item.size)
                running.add(workers.submit(self._copy, source, item, sink, options))
                while len(running) >= 2 * WORKERS:
                    finished, running = wait(running, return_when=FIRST_COMPLETED)
                    _raise_first(finished)
                if time.monotonic() - saved > SAVE_SECONDS:
                    saved = time.monotonic()
                    self._save()
            finished, _ = wait(running)
            _raise_first(finished)
        return names

    def _count(self, **counts: int) -> None:
        with self._lock:
            self._counters.update(counts)

    def _fail(self, code: str, source: Source, item: Item, message: str) -> None:
        if self._context.stopping.is_set():
            raise _Cancelled
        with self._lock:
            self._errors[code] += 1
            self._counters.update(objectsFromSourceFailed=1, bytesFromSourceFailed=item.size)
            examples = self._examples.setdefault(code, [])
            if len(examples) < MOST_ERROR_LOGS:
                url = source.url(item)
                examples.append({"url": url, "errorDetails": [f"{item.name}: {message}"]})

    def _copy(self, source: Source, item: Item, sink: Record, options: Record) -> None:
        self._check_point()
        store, objects = self._context.store, self._context.objects
        bucket = store.get("buckets", sink["bucketName"])
        name = sink.get("path", "") + item.name
        existing = objects.find(sink["bucketName"], name)
        remembered = None
        if existing is not None:
            remembered = store.get(COPIED, f"{existing.bucket}/{existing.name}#{existing.number}")
        etag = remembered["etag"] if remembered else None
        if bucket is None:
            self._fail("NOT_FOUND", source, item, f"bucket {sink['bucketName']} is gone")
            return
        if not overwrites(item, existing.value if existing else None, etag, options):
            self._count(objectsFromSourceSkippedBySync=1, bytesFromSourceSkippedBySync=item.size)
            return
        try:
            chunks, given = item.open()
            blob = objects.bodies.write(self._watched(chunks))
            try:
                if blob.size != item.size or (item.md5 and blob.md5 != item.md5):
                    raise ChecksumError("the checksum of what arrived differs from the source's")
                with store.transaction():
                    refuse_retained(bucket, objects.find(bucket["name"], name))
                    made = objects.insert(bucket, name, given, blob)
                    store.put(
                        COPIED, f"{made.bucket}/{made.name}#{made.number}", {"etag": item.etag}
                    )
            except BaseException:
                objects.bodies.delete([blob.name])
                raise
        except ChecksumError as error:
            self._fail("DATA_LOSS", source, item, str(error))
            return
        except (JobError, ApiError, OSError) as error:
            self._fail("FAILED_PRECONDITION", source, item, str(error))
            return
        self._count(objectsCopiedToSink=1, bytesCopiedToSink=item.size)
        if options.get("deleteObjectsFromSourceAfterTransfer"):
            source.delete(item)
            self._count(objectsDeletedFromSource=1, bytesDeletedFromSource=item.size)

    def _watched(self, chunks: Iterable[bytes]) -> Iterable[bytes]:
        """A large object does not keep a pause or a stop waiting."""
        for chunk in chunks:
            self._check_point()
            yield chunk

    def _delete_others(self, sink: Record, names: set[str], conditions: Record) -> None:
        objects, path = self._context.objects, sink.get("path", "")
        included = tuple(conditions.get("includePrefixes", [])) or ("",)
        start = path
        while True:
            self._check_point()
            found = objects.scan(
                sink["bucketName"],
                start=start,
                end=path + "\U0010ffff",
                states=("live",),
                limit=500,
            )
            for item in found:
                start = item.name + "\0"
                relative = item.name.removeprefix(path)
                if relative in names or not relative.startswith(included):
                    continue
                with self._context.store.transaction():
                    bucket = self._context.store.get("buckets", sink["bucketName"])
                    released = objects.retire(bucket, item) if bucket else None
                objects.bodies.delete([released] if released else [])
                self._count(objectsDeletedFromSink=1, bytesDeletedFromSink=int(item.value["size"]))
            if len(found) < 500:
                return


def _raise_first(futures: Iterable["Future[None]"]) -> None:
    for future in futures:
        future.result()
