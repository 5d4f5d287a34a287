"""A load probe: how long an endpoint that is up takes for one request after the other."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Times of requests in milliseconds, seen from the client."""

    requests: int
    mean: float
    p50: float
    p99: float


def probe(
    ask: Callable[[], object],
    *,
    seconds: float,
    warm_up: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> Measured:
    """Asks for ``seconds``, one request at a time, the first few not counted.

    The median stands for the processor time of a request: other work on the machine does not move
    it much. It holds the way there and back as well, so that what is proposed with it is rather too
    large than too small.
    """
    for _ in range(warm_up):
        ask()
    times: list[float] = []
    end = clock() + seconds
    while not times or clock() < end:
        start = clock()
        ask()
        times.append((clock() - start) * 1000)
    times.sort()
    return Measured(
        requests=len(times),
        mean=sum(times) / len(times),
        p50=times[len(times) // 2],
        p99=times[min(len(times) - 1, len(times) * 99 // 100)],
    )
