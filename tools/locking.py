"""One set-up at a time: an advisory file lock that ends with its process."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.progress import say


@contextmanager
def exclusive(path: Path, *, purpose: str, report_every: float = 5.0) -> Iterator[None]:
    """Holds the lock file at `path`, waiting for whoever holds it.

    The kernel drops the lock when the process ends, however it ends, so a killed set-up
    never blocks the next one. The file stays: removing it would let two processes lock
    two different files of one name.

    purpose: what waits, for the message shown every `report_every` seconds.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        _acquire(descriptor, purpose=purpose, report_every=report_every)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, *, purpose: str, report_every: float) -> None:
    next_report = 0.0
    started = time.monotonic()
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waited = time.monotonic() - started
            if waited >= next_report:
                holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip() or "?"
                say(f"{purpose}: waiting for process {holder}, which is doing it ({waited:.0f} s)")
                next_report = waited + report_every
            time.sleep(0.1)
        else:
            return
