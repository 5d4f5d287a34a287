"""How a run shows itself to a person: a bar on a terminal, plain lines elsewhere."""

import threading
import time
from types import TracebackType
from typing import Self, TextIO

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from transfer.listening import Kind, Listener, Outcome

EVERY = 5.0
"""Seconds between two plain lines."""

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


def human(size: float) -> str:
    """A number of bytes for people."""
    for unit in _UNITS[:-1]:
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} {_UNITS[-1]}"


class _Shown(Listener):
    """What both ways of showing tell: notices, failures, and each object if that is wished."""

    def __init__(self, *, every_object: bool) -> None:
        self._every_object = every_object

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to tidy up."""

    def finished(self, outcome: Outcome) -> None:
        if outcome.error is not None:
            self.notice(f"failed: {outcome.error}")
        elif self._every_object or outcome.kind is Kind.PLANNED:
            self.notice(f"{outcome.kind}: {outcome.source} → {outcome.target}")


class Bar(_Shown):
    """A progress bar: bytes, objects, speed, time left."""

    def __init__(self, console: Console, *, every_object: bool) -> None:
        super().__init__(every_object=every_object)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(binary_units=True),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._lock = threading.Lock()
        self._total = self._count = self._done = 0
        self._bytes = self._progress.add_task("transfer", total=0)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def found(self, size: int) -> None:
        with self._lock:
            self._total += size
            self._count += 1
            self._show()

    def moved(self, size: int) -> None:
        self._progress.advance(self._bytes, size)

    def finished(self, outcome: Outcome) -> None:
        with self._lock:
            self._done += 1
            self._show()
        super().finished(outcome)

    def _show(self) -> None:
        self._progress.update(
            self._bytes, total=self._total, description=f"{self._done}/{self._count} objects"
        )

    def notice(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


class Lines(_Shown):
    """Plain lines: a notice as it comes, and how far it is every few seconds."""

    def __init__(self, stream: TextIO, *, every_object: bool) -> None:
        super().__init__(every_object=every_object)
        self._stream = stream
        self._lock = threading.Lock()
        self._said = time.monotonic()
        self._total = self._moved = self._count = self._done = 0

    def found(self, size: int) -> None:
        with self._lock:
            self._total += size
            self._count += 1

    def moved(self, size: int) -> None:
        with self._lock:
            self._moved += size
            if time.monotonic() < self._said + EVERY:
                return
            self._said = time.monotonic()
        self.notice(
            f"{self._done} of {self._count} objects, {human(self._moved)} of {human(self._total)}"
        )

    def finished(self, outcome: Outcome) -> None:
        with self._lock:
            self._done += 1
        super().finished(outcome)

    def notice(self, text: str) -> None:
        print(text, file=self._stream, flush=True)


def shown(stream: TextIO, *, every_object: bool) -> Bar | Lines:
    """The way that fits where the words go."""
    console = Console(file=stream)
    if console.is_terminal:
        return Bar(console, every_object=every_object)
    return Lines(stream, every_object=every_object)
