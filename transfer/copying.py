"""One object from the source to the sink: whole if it is small, else in parts side by side."""

import base64
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace

from transfer import checksums
from transfer.errors import ChecksumMismatch, Interrupted, SourceChanged
from transfer.listening import Kind, Listener, Outcome
from transfer.sink import MARK_SOURCE, MARK_VERSION, Assembly, Sink, SinkObject, Stretch
from transfer.source import Description, S3Source, SourceObject, compare

CHANGES = 3
"""How often an object may change while it is read before it is given up."""


class Copier:
    """Copies objects; several at a time may be under way, ``jobs`` bodies are in memory at most."""

    def __init__(self, source: S3Source, sink: Sink, *, jobs: int, listener: Listener) -> None:
        self._source, self._sink, self._listener = source, sink, listener
        self._jobs = jobs
        # As many threads as slots: a part that waits for its turn holds a slot, and the part
        # before it, begun earlier, must still find one.
        self._parts = ThreadPoolExecutor(jobs, thread_name_prefix="part")
        self._slots = threading.BoundedSemaphore(jobs)
        self._stopped = threading.Event()

    def stop(self) -> None:
        """Begin nothing more; what is under way raises Interrupted soon."""
        self._stopped.set()

    def close(self) -> None:
        self._parts.shutdown(wait=True, cancel_futures=True)

    @contextmanager
    def _slot(self) -> Iterator[None]:
        with self._slots:
            if self._stopped.is_set():
                raise Interrupted("the run was stopped", remedy="run again to go on")
            yield

    def copy(self, item: SourceObject, name: str, existing: SinkObject | None) -> Outcome:
        """Copy an object, unless it is there already. Raises TransferError."""
        for change in range(CHANGES):
            try:
                return self._copy(item, name, existing)
            except SourceChanged:
                if change + 1 == CHANGES:
                    raise
                self._listener.notice(f"{item} changed while it was read: starts over")
                item = self._source.find(item.key)
        raise AssertionError("unreachable")

    def is_there(self, item: SourceObject, existing: SinkObject | None) -> bool:
        """Whether the sink has this object already, with content, type and metadata."""
        if existing is None or existing.size != item.size:
            return False
        if existing.metadata.get(MARK_VERSION) == item.version:
            return existing.metadata.get(MARK_SOURCE) == str(item)
        known = {"MD5": existing.md5, "CRC32C": existing.crc32c}
        description = self._source.describe(item)
        wanted = {name: value for name, value in description.digests.items() if known.get(name)}
        return (
            bool(wanted)
            and all(known[name] == value for name, value in wanted.items())
            and existing.content_type == description.content_type
            and without_marks(existing.metadata) == self._sink.metadata(description.metadata)
        )

    def _copy(self, item: SourceObject, name: str, existing: SinkObject | None) -> Outcome:
        outcome = Outcome(
            kind=Kind.COPIED, source=str(item), target=f"{self._sink.url}/{name}", size=item.size
        )
        if self.is_there(item, existing):
            self._sink.tidy(name)
            self._listener.moved(item.size)
            return replace(outcome, kind=Kind.SKIPPED)
        if item.size > self._sink.part_size(item.size):
            return self._in_parts(item, name, existing, outcome)
        with self._slot():
            description, data = self._source.read(item)
            self._sink.put(name, data, marked(item, description), existing)
        self._listener.moved(item.size)
        checked = next(iter(description.digests), None)
        return replace(outcome, moved=item.size, checked=checked)

    def _in_parts(
        self, item: SourceObject, name: str, existing: SinkObject | None, outcome: Outcome
    ) -> Outcome:
        description = self._source.describe(item)
        algorithm = checksums.joinable(description.digests)
        assembly = self._sink.assemble(
            name,
            marked(item, description),
            existing,
            version=f"{item} {item.version}",
            algorithm=algorithm or checksums.CRC32C,
        )
        if assembly.stale():
            self._listener.notice(f"{item} changed since a run that did not end: starts over")
        held = assembly.found()
        there = sum(stretch.size for stretch in held)
        if held:
            share = f"{100 * there // item.size} %"
            self._listener.notice(f"{item}: goes on, {share} is there from an earlier run")
            self._listener.moved(there)
        turns = None
        if algorithm is None and not held and (ordered := checksums.in_order(description.digests)):
            turns = Turns(ordered)
        try:
            stretches = self._bring(item, assembly, held, turns)
            # Before it is visible. Which part is wrong cannot be known, so none is kept.
            if algorithm is not None:
                read = checksums.Crc.joined(algorithm, (part.crc for part in stretches))
                compare(item, algorithm, description.digests[algorithm], read.base64)
            if turns is not None:
                compare(item, turns.algorithm, description.digests[turns.algorithm], turns.base64)
        except (SourceChanged, ChecksumMismatch):
            assembly.discard()
            raise
        assembly.finish(stretches)
        checked = algorithm or (turns.algorithm if turns else None)
        return replace(outcome, moved=item.size - there, checked=checked)

    def _bring(
        self,
        item: SourceObject,
        assembly: Assembly,
        held: Sequence[Stretch],
        turns: "Turns | None",
    ) -> list[Stretch]:
        """Bring the parts that are missing; all stretches, in order."""
        stretches = list(held)
        part_size = self._sink.part_size(item.size)
        under_way: set[Future[Stretch]] = set()

        def bring(offset: int, size: int) -> Stretch:
            try:
                with self._slot():
                    data = self._source.read_range(item, offset, size)
                    if turns is not None:
                        turns.take(offset, data)
                    stretch = assembly.put(offset, data)
                self._listener.moved(size)
                return stretch
            except BaseException:
                if turns is not None:
                    turns.give_up()
                raise

        try:
            for offset, size in gaps(item.size, held, part_size):
                # No more than run at once: the list of what is to do stays as short for any size.
                while len(under_way) >= self._jobs:
                    done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                    stretches += [future.result() for future in done]
                under_way.add(self._parts.submit(bring, offset, size))
            done, under_way = wait(under_way)
            stretches += [future.result() for future in done]
        finally:
            for future in under_way:
                future.cancel()
            wait(under_way)
        return sorted(stretches, key=lambda stretch: stretch.offset)


class Turns:
    """A digest over parts that arrive in any order: each waits until those before it are in."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._hash = checksums.hasher(algorithm)
        self._next = 0
        self._given_up = False
        self._changed = threading.Condition()

    def take(self, offset: int, data: bytes) -> None:
        """Add a part when its turn comes. Raises Interrupted when one before it failed."""
        with self._changed:
            self._changed.wait_for(lambda: self._given_up or self._next == offset)
            if self._given_up:
                raise Interrupted("another part failed", remedy="run again to go on")
            self._hash.update(data)
            self._next += len(data)
            self._changed.notify_all()

    def give_up(self) -> None:
        """Let those that wait go: their turn will not come."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    @property
    def base64(self) -> str:
        return base64.b64encode(self._hash.digest()).decode()


def gaps(size: int, held: Sequence[Stretch], part_size: int) -> Iterator[tuple[int, int]]:
    """Offset and size of the parts that are missing, in order, at most ``part_size`` each."""
    offset = 0
    for start, end in [*((stretch.offset, stretch.end) for stretch in held), (size, size)]:
        while offset < start:
            length = min(part_size, start - offset)
            yield offset, length
            offset += length
        offset = end


def marked(item: SourceObject, description: Description) -> Description:
    """The description with what a later run knows the copy by."""
    marks = {MARK_SOURCE: str(item), MARK_VERSION: item.version}
    return replace(description, metadata={**description.metadata, **marks})


def without_marks(metadata: Mapping[str, str]) -> dict[str, str]:
    """An object's own metadata."""
    return {
        name: value for name, value in metadata.items() if name not in (MARK_SOURCE, MARK_VERSION)
    }
