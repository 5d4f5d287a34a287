"""Jobs: work that is queued, limited in number, stoppable, and made of child processes.

Used by every cloud of the sandbox. Work is a function of a :class:`Job`; it runs in a thread when
a slot is free, prepares its input, calls :meth:`Job.run` for its processes and stores results::

    def work(job: Job) -> None:
        outcome = job.run([Process(...)], on_line=..., timeout=3600)

    runner.submit("glue", "run-1", work)
"""

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.processes import OnLine, Process, ProcessGroup

DEFAULT_GRACE = 30.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job's processes ended; ``exit_codes`` by process name, negative means a signal."""

    exit_codes: dict[str, int]
    timed_out: bool
    stopped: bool
    seconds: float

    @property
    def succeeded(self) -> bool:
        failed = any(code != 0 for code in self.exit_codes.values())
        return not (failed or self.timed_out or self.stopped)


class Job:
    """One queued or running job."""

    def __init__(self, kind: str, name: str, directory: Path) -> None:
        self.kind = kind
        self.name = name
        self.directory = directory
        self.stop_requested = threading.Event()
        self.interrupted = False
        self.finished = threading.Event()
        self._grace = DEFAULT_GRACE
        self._group: ProcessGroup | None = None
        self._lock = threading.Lock()

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    def stop(self, *, grace: float = DEFAULT_GRACE) -> None:
        """Ask the job to end: SIGTERM, then SIGKILL after ``grace`` seconds."""
        with self._lock:
            self._grace = grace
            self.stop_requested.set()
            if self._group is not None:
                self._group.stop(grace)

    def run(
        self,
        processes: Sequence[Process],
        *,
        on_line: OnLine,
        timeout: float | None = None,
        grace: float = DEFAULT_GRACE,
        isolate_network: bool = False,
    ) -> Outcome:
        """Run processes to their end, or until ``timeout`` seconds or :meth:`stop`."""
        group = ProcessGroup(
            processes,
            log_directory=self.logs,
            on_line=on_line,
            isolate_network=isolate_network,
        )
        began = time.monotonic()
        with self._lock:
            if self.stop_requested.is_set():
                return Outcome(exit_codes={}, timed_out=False, stopped=True, seconds=0.0)
            group.start()
            self._group = group
        codes = group.wait(timeout)
        timed_out = codes is None
        if codes is None:
            group.stop(grace)
            codes = group.wait()
        with self._lock:
            self._group = None
        return Outcome(
            exit_codes=codes or {},
            timed_out=timed_out,
            stopped=self.stop_requested.is_set(),
            seconds=time.monotonic() - began,
        )


class JobRunner:
    """Runs jobs, at most ``slots`` at once; the rest wait in order."""

    def __init__(self, directory: Path, slots: int | None = None) -> None:
        self.directory = directory
        self.slots = slots or int(os.environ.get("SANDBOX_JOBS", "0")) or (os.cpu_count() or 1)
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Job, Callable[[Job], None]]] = deque()
        self._running: dict[tuple[str, str], Job] = {}
        self._closed = False

    def submit(self, kind: str, name: str, work: Callable[[Job], None]) -> Job:
        """Queue ``work``; ``directory/<kind>/<name>`` is the job's own directory."""
        job = Job(kind, name, self.directory / kind / name)
        with self._lock:
            if self._closed:
                job.stop_requested.set()
                job.interrupted = True
                return job
            self._waiting.append((job, work))
        self._start_waiting()
        return job

    def find(self, kind: str, name: str) -> Job | None:
        """The queued or running job of that name."""
        with self._lock:
            waiting = [job for job, _ in self._waiting]
            running = self._running.get((kind, name))
        return running or next((j for j in waiting if (j.kind, j.name) == (kind, name)), None)

    def active(self) -> list[Job]:
        """Jobs that run or wait."""
        with self._lock:
            return [*self._running.values(), *(job for job, _ in self._waiting)]

    def stop(self, *, grace: float = 3.0) -> None:
        """End all jobs and wait; they are marked as interrupted, not as stopped by a user."""
        with self._lock:
            self._closed = True
        jobs = self.active()
        for job in jobs:
            job.interrupted = True
            job.stop(grace=grace)
        self._start_waiting()
        for job in jobs:
            job.finished.wait(grace + 10)

    def _start_waiting(self) -> None:
        with self._lock:
            while self._waiting and (len(self._running) < self.slots or self._closed):
                job, work = self._waiting.popleft()
                self._running[(job.kind, job.name)] = job
                threading.Thread(
                    target=self._work, args=(job, work), name=f"{job.kind}/{job.name}", daemon=True
                ).start()

    def _work(self, job: Job, work: Callable[[Job], None]) -> None:
        try:
            job.directory.mkdir(parents=True, exist_ok=True)
            work(job)
        except Exception:
            log.exception("%s job %s failed inside the sandbox", job.kind, job.name)
        finally:
            with self._lock:
                self._running.pop((job.kind, job.name), None)
            job.finished.set()
            self._start_waiting()
