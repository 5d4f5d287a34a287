"""One production variant that serves: its processes, weight, and what happened to its requests."""

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import JobError
from sandbox.serving import Replica, ReplicaSet, ServingSpec

IDLE_SECONDS = 60.0
LATENCY_SAMPLES = 64


@dataclass
class Counts:
    """Requests since the last report; latencies in microseconds, a sample of them."""

    invocations: int = 0
    client_errors: int = 0
    server_errors: int = 0
    latencies: list[float] = field(default_factory=list)
    overheads: list[float] = field(default_factory=list)

    def add(self, status: int, latency: float, overhead: float) -> None:
        self.invocations += 1
        self.client_errors += 400 <= status < 500
        self.server_errors += status >= 500
        for samples, value in ((self.latencies, latency), (self.overheads, overhead)):
            if len(samples) < LATENCY_SAMPLES:
                samples.append(value)
            elif (place := random.randrange(self.invocations)) < LATENCY_SAMPLES:  # noqa: S311
                samples[place] = value


class RunningVariant:
    """A variant of a deployed endpoint.

    A serverless variant has processes only while it is used: the first request after a pause
    starts one and waits for it, as a cold start in the cloud does.
    """

    def __init__(
        self,
        name: str,
        spec: ServingSpec,
        *,
        weight: float,
        serverless: Mapping[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.weight = weight
        self.replicas = ReplicaSet(spec)
        self.serverless = serverless
        self._lock = threading.Lock()
        self._scaling = threading.Lock()
        self._counts = Counts()
        self._used = time.monotonic()
        self._under_way = 0
        self._capacity = threading.BoundedSemaphore(
            int(serverless["MaxConcurrency"]) if serverless else 1_000_000
        )

    def start(self, count: int) -> None:
        """Start the processes; for serverless one is started as a trial and kept while warm.

        Raises:
            JobError: one did not become healthy.
        """
        self.replicas.scale(1 if self.serverless else count)
        self._used = time.monotonic()

    def acquire(self) -> Replica | None:
        """A healthy process for one request, or ``None``; give it back with :meth:`release`.

        Raises:
            BlockingIOError: a serverless variant is at its concurrency limit.
        """
        if not self._capacity.acquire(blocking=False):
            raise BlockingIOError
        with self._lock:
            self._under_way += 1
        try:
            if self.serverless:
                self._wake()
            return self.replicas.pick()
        except JobError:
            return None

    def release(self) -> None:
        with self._lock:
            self._under_way -= 1
            self._used = time.monotonic()
        self._capacity.release()

    def _wake(self) -> None:
        with self._scaling:
            if self.replicas.count == 0:
                self.replicas.scale(1)

    def rest(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """Scale an idle serverless variant to zero."""
        if not self.serverless:
            return
        with self._scaling, self._lock:
            idle = self._under_way == 0 and time.monotonic() - self._used > idle_seconds
        if idle and self.replicas.count:
            with self._scaling:
                self.replicas.scale(0)

    def count(self, status: int, latency: float, overhead: float) -> None:
        """Note one request: its status, and the model's and our own time in microseconds."""
        with self._lock:
            self._counts.add(status, latency, overhead)

    def take_counts(self) -> Counts:
        with self._lock:
            counts, self._counts = self._counts, Counts()
        return counts

    def close(self, *, grace: float, keep_logs: bool) -> None:
        self.replicas.close(grace, keep_logs=keep_logs)


class Fleet:
    """The variants of one deployment of an endpoint."""

    def __init__(self, variants: list[RunningVariant]) -> None:
        self.variants = {variant.name: variant for variant in variants}

    def choose(self, target: str | None) -> RunningVariant | None:
        """By name, else by weight; ``None`` when there is no such variant."""
        if target is not None:
            return self.variants.get(target)
        variants = list(self.variants.values())
        if len(variants) == 1:
            return variants[0]
        weights = [variant.weight for variant in variants]
        if not any(weights):
            return variants[0] if variants else None
        return random.choices(variants, weights)[0]  # noqa: S311 - load, not secrets

    def close(self, *, grace: float = 30.0, keep_logs: bool = True) -> None:
        """End all processes, all at the same time, and wait."""
        _together(
            [
                lambda variant=variant: variant.close(grace=grace, keep_logs=keep_logs)  # type: ignore[misc]
                for variant in self.variants.values()
            ]
        )


def _together(actions: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=action) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
