"""How far a large file is: a line that renews itself on a terminal, elsewhere one now and then."""

import contextlib
import sys
import time
from collections.abc import Iterator

from .sealed import Progress

_MIB = 1024**2
_TERMINAL_SECONDS = 0.2
_LOG_SECONDS = 10.0


@contextlib.contextmanager
def shown(name: str) -> Iterator[Progress]:
    """Tells on stderr what `name` has done, if it takes long enough to be asked."""
    terminal = sys.stderr.isatty()
    pause = _TERMINAL_SECONDS if terminal else _LOG_SECONDS
    start = last = time.monotonic()
    told = False

    def tell(done: int, total: int) -> None:
        nonlocal last, told
        now = time.monotonic()
        if now - last < pause:
            return
        last, told = now, True
        share = f"{100 * done // total} % of {total // _MIB} MiB" if total > 0 else f"{done} bytes"
        line = f"{name}: {share}, {done / _MIB / (now - start):.0f} MiB/s"
        print(
            f"\r{line}\033[K" if terminal else line, end="" if terminal else "\n", file=sys.stderr
        )

    try:
        yield tell
    finally:
        if told and terminal:
            print(file=sys.stderr)
