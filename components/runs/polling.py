"""Waiting for something slow: the pace, the progress shown, and the limit."""

import time
from collections.abc import Callable
from typing import Final

from plugin.handler import ResourceFailedError
from plugin.provider import Context

SHORTEST_PAUSE: Final = 0.25
LONGEST_PAUSE: Final = 10.0
# A pause of a tenth of the time waited so far: at most a tenth is lost at the end.
_PAUSE_SHARE: Final = 0.1
_REPORT_EVERY: Final = 3.0


class Polling:
    """One wait. Call :meth:`pause` between two looks at the thing waited for.

    ``limit`` is in seconds; the user's own ``custom_timeouts`` of the operation wins over it.
    """

    def __init__(
        self,
        context: Context,
        subject: str,
        *,
        limit: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._context = context
        self._subject = subject
        self._limit = context.timeout or limit
        self._clock = clock
        self._start = clock()
        self._reported: tuple[str, float] = ("", float("-inf"))

    @property
    def elapsed(self) -> float:
        """Seconds since the wait began."""
        return self._clock() - self._start

    def pause(
        self, status: str, detail: str | Callable[[], str] = "", *, at_least: float = 0.0
    ) -> None:
        """Shows the status and waits a little.

        ``detail`` may be a function when finding it costs a call: it is asked only when a line is
        due. ``at_least`` is the pause in seconds that the service itself asked for.

        Raises:
            OperationInterruptedError: when the user interrupted the update.
            ResourceFailedError: when the limit is over.
        """
        elapsed = self.elapsed
        last_status, last_time = self._reported
        if status != last_status or elapsed - last_time >= _REPORT_EVERY:
            text = detail() if callable(detail) else detail
            self._reported = (status, elapsed)
            line = f"{self._subject}: {status}, {duration(elapsed)}"
            self._context.progress(f"{line}, {text}" if text else line)
        if self._limit and elapsed >= self._limit:
            raise ResourceFailedError(
                f"{self._subject} is still {status} after {duration(self._limit)}, the longest "
                "this update waits. It was left as it is: look at its logs, then run "
                "`pulumi up` again, which takes it up where it stands"
            )
        pause = min(max(elapsed * _PAUSE_SHARE, SHORTEST_PAUSE), LONGEST_PAUSE)
        pause = max(pause, at_least)
        if self._limit:
            pause = min(pause, max(self._limit - elapsed, 0.0))
        self._context.wait(pause)


def duration(seconds: float) -> str:
    """``95`` as ``1 min 35 s``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
