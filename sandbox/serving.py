"""Serving processes: started, watched, restarted, scaled. Shared by the clouds of the sandbox.

A :class:`Replica` is one process that answers HTTP on a port of its own; a :class:`ReplicaSet` is
what serves one model version, with any number of replicas, addressed in turn.
"""

import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import JobError
from sandbox.http_client import Client, ServingTimeout, ServingUnreachable
from sandbox.processes import OnLine, Process, ProcessGroup

HOST = "127.0.0.1"
# What SageMaker gives a container between SIGTERM and SIGKILL.
STOP_GRACE = 30.0
PING_TIMEOUT = 2.0
PING_INTERVAL = 0.05
LONGEST_BACKOFF = 10.0
TAIL_LINES = 15

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class ServingSpec:
    """How to start a replica.

    Attributes:
        name: for people and thread names.
        directory: logs and scratch files; removed with the set.
        process: the process for a replica's name and port.
        ping: path that answers 200 once the model is loaded.
        start_timeout: seconds a replica has to answer the ping.
    """

    name: str
    directory: Path
    process: Callable[[str, int], Process]
    on_line: OnLine
    ping: str = "/ping"
    start_timeout: float = 480.0


def free_port() -> int:
    """A port nothing listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind((HOST, 0))
        return int(sock.getsockname()[1])


class Replica:
    """One serving process. Crashes are counted and answered with a restart."""

    def __init__(self, spec: ServingSpec, name: str) -> None:
        self._spec = spec
        self.name = name
        self.healthy = False
        self.restarts = 0
        self.failure: str | None = None
        self.client: Client | None = None
        self._group: ProcessGroup | None = None
        self._tail: list[str] = []
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the process; returns at once, :meth:`wait_healthy` tells the rest."""
        self._thread = threading.Thread(target=self._supervise, name=self.name, daemon=True)
        self._thread.start()

    def wait_healthy(self) -> None:
        """Wait until the process answers its ping.

        Raises:
            JobError: it ended, or did not answer in time; the text has the end of its log.
        """
        deadline = time.monotonic() + self._spec.start_timeout
        while not self.healthy:
            if self.restarts or self._stopping.is_set():
                raise JobError(self.failure or "it was stopped")
            if time.monotonic() > deadline:
                raise JobError(
                    f"no answer to {self._spec.ping} within {self._spec.start_timeout:.0f} s: "
                    f"{self.tail}"
                )
            time.sleep(PING_INTERVAL / 2)

    @property
    def usage(self) -> tuple[float, int]:
        """Seconds of processor time used so far, and bytes of memory in use."""
        return (0.0, 0) if self._group is None else self._group.usage

    @property
    def tail(self) -> str:
        """The end of the process's log."""
        return "\n".join(self._tail)

    def stop(self, grace: float = STOP_GRACE) -> None:
        """Ask the process to end; :meth:`join` waits for it."""
        with self._lock:
            self._stopping.set()
            self.healthy = False
            if self._group is not None:
                self._group.stop(grace)

    def join(self, timeout: float | None = None) -> None:
        if self._thread is not None:
            self._thread.join(timeout)
        if self.client is not None:
            self.client.close()

    def _line(self, process: str, line: str) -> None:
        self._tail = [*self._tail[-(TAIL_LINES - 1) :], line]
        self._spec.on_line(process, line)

    def _supervise(self) -> None:
        backoff = 0.2
        while not self._stopping.is_set():
            began = time.monotonic()
            group = self._launch()
            if group is None:
                return
            self._await_ping(group)
            codes = group.wait()
            self.healthy = False
            if self._stopping.is_set():
                return
            code = next(iter((codes or {}).values()), -9)
            self.failure = f"the process ended with exit code {code}: {self.tail}"
            self.restarts += 1
            log.warning("%s ended with exit code %s; restarting", self.name, code)
            backoff = 0.2 if time.monotonic() - began > 60 else min(backoff * 2, LONGEST_BACKOFF)
            self._stopping.wait(backoff)

    def _launch(self) -> ProcessGroup | None:
        port = free_port()
        group = ProcessGroup(
            [self._spec.process(self.name, port)],
            log_directory=self._spec.directory / "logs",
            on_line=self._line,
        )
        with self._lock:
            if self._stopping.is_set():
                return None
            if self.client is not None:
                self.client.close()
            self.client = Client(HOST, port)
            group.start()
            self._group = group
        return group

    def _await_ping(self, group: ProcessGroup) -> None:
        assert self.client is not None
        while group.running and not self._stopping.is_set():
            try:
                answer = self.client.request("GET", self._spec.ping, timeout=PING_TIMEOUT)
                if answer.status == 200:
                    self.healthy = True
                    return
            except (ServingUnreachable, ServingTimeout):
                pass
            time.sleep(PING_INTERVAL)


class ReplicaSet:
    """The replicas of one model version."""

    def __init__(self, spec: ServingSpec) -> None:
        self.spec = spec
        self._replicas: list[Replica] = []
        self._next = 0
        self._number = 0
        self._lock = threading.Lock()
        self._closed = False

    @property
    def count(self) -> int:
        """Replicas that exist, healthy or not."""
        return len(self._replicas)

    @property
    def restarts(self) -> int:
        """Crashes of the replicas there are."""
        return sum(replica.restarts for replica in self._replicas)

    def scale(self, count: int, *, wait: bool = True) -> None:
        """Start or end replicas until there are ``count``.

        With ``wait``, new replicas take part once they are healthy.

        Raises:
            JobError: a new replica did not become healthy; the set is as before.
        """
        with self._lock:
            if self._closed:
                raise JobError("the endpoint was deleted")
            added = []
            for _ in range(count - len(self._replicas)):
                self._number += 1
                added.append(Replica(self.spec, f"{self.spec.name}-{self._number}"))
            removed = self._replicas[count:]
            self._replicas = [*self._replicas[:count], *added]
        for replica in added:
            replica.start()
        _end(removed)
        try:
            for replica in added if wait else ():
                replica.wait_healthy()
        except JobError:
            with self._lock:
                self._replicas = [item for item in self._replicas if item not in added]
            _end(added)
            raise

    @property
    def replicas(self) -> list[Replica]:
        """Those there are now."""
        return list(self._replicas)

    def pick(self) -> Replica | None:
        """The next healthy replica, in turn."""
        replicas = self._replicas
        for _ in range(len(replicas)):
            self._next = (self._next + 1) % len(replicas)
            if replicas[self._next].healthy:
                return replicas[self._next]
        return None

    def close(self, grace: float = STOP_GRACE, *, keep_logs: bool = True) -> None:
        """End all replicas and wait; there will be no new ones."""
        with self._lock:
            self._closed = True
            replicas, self._replicas = self._replicas, []
        _end(replicas, grace)
        if not keep_logs:
            shutil.rmtree(self.spec.directory, ignore_errors=True)


def _end(replicas: Sequence[Replica], grace: float = STOP_GRACE) -> None:
    for replica in replicas:
        replica.stop(grace)
    for replica in replicas:
        replica.join(grace + 5)
