"""One container of a group: its process, started again as the restart policy says, and its view."""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.azure.aci.probes import Probe, Prober
from sandbox.azure.aci.volumes import Paths
from sandbox.azure.context import now
from sandbox.azure.images import runtime
from sandbox.errors import JobError
from sandbox.processes import Process, ProcessGroup
from sandbox.programs import write_programs

# What a group's containers get between SIGTERM and SIGKILL.
STOP_GRACE = 20.0
LONGEST_BACKOFF = 60.0
KEPT_LINES = 4000
KEPT_EVENTS = 20

View = dict[str, Any]


@dataclass(kw_only=True)
class Container:
    """A container that runs, waits or has ended.

    Attributes:
        given: the definition, ``name`` and ``properties``.
        policy: ``Always``, ``OnFailure`` or ``Never``.
        base: environment that every container of the group has.
    """

    given: Mapping[str, Any]
    directory: Path
    paths: Paths
    base: Mapping[str, str]
    address: str
    policy: str
    stopping: threading.Event
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=KEPT_LINES))
    restarts: int = 0
    ready: bool = False
    current: View = field(default_factory=lambda: {"state": "Waiting", "detailStatus": ""})
    previous: View | None = None
    events: list[View] = field(default_factory=list)
    _group: ProcessGroup | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def name(self) -> str:
        return str(self.given["name"])

    @property
    def properties(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.given.get("properties", {})
        return found

    def view(self) -> View:
        """``instanceView`` of the container."""
        view: View = {
            "restartCount": self.restarts,
            "currentState": dict(self.current),
            "events": list(self.events),
        }
        if self.previous is not None:
            view["previousState"] = dict(self.previous)
        return view

    def once(self) -> int:
        """Run to the end; its exit code. Negative when a signal ended it.

        Raises:
            JobError: it cannot be started.
        """
        group = self._launch()
        return self._ended(group)

    def serve(self, on_change: Callable[[], None]) -> None:
        """Run, and run again as the policy says, until the group stops."""
        backoff = 0.5
        while not self.stopping.is_set():
            began = time.monotonic()
            try:
                group = self._launch()
            except JobError as error:
                self._event("Failed", str(error), kind="Warning")
                self._waits("CreateContainerError")
                on_change()
                return
            probers = self._probe(group, on_change)
            if not probers.has_readiness:
                self.ready = True
            on_change()
            code = self._ended(group)
            probers.stop()
            self.ready = False
            again = self.policy == "Always" or (self.policy == "OnFailure" and code != 0)
            on_change()
            if self.stopping.is_set() or not again:
                return
            self.restarts += 1
            backoff = 0.5 if time.monotonic() - began > 60 else min(2 * backoff, LONGEST_BACKOFF)
            self._waits("CrashLoopBackOff")
            self.stopping.wait(backoff)

    def stop(self, grace: float = STOP_GRACE) -> None:
        """Ask the process to end; whoever runs it waits for that."""
        with self._lock:
            if self._group is not None:
                self._group.stop(grace)

    def _launch(self) -> ProcessGroup:
        process = Process(
            name=self.name, argv=self._command(), env=self._environment(), cwd=self._home()
        )
        group = ProcessGroup([process], log_directory=self.directory / "logs", on_line=self._line)
        with self._lock:
            if self.stopping.is_set():
                raise JobError("the group is being stopped")
            group.start()
            self._group = group
        self.current = {"state": "Running", "startTime": now(), "detailStatus": ""}
        self._event("Started", "Started container")
        return group

    def _ended(self, group: ProcessGroup) -> int:
        codes = group.wait()
        code = next(iter((codes or {}).values()), -9)
        self.previous = self.current
        self.current = {
            "state": "Terminated",
            "startTime": self.previous.get("startTime"),
            "finishTime": now(),
            # As containers tell it: 128 and the number of the signal.
            "exitCode": code if code >= 0 else 128 - code,
            "detailStatus": "Completed" if code == 0 else "Error",
        }
        return code

    def _waits(self, reason: str) -> None:
        if self.current.get("state") == "Terminated":
            self.previous = self.current
        self.current = {"state": "Waiting", "detailStatus": reason}

    def _home(self) -> Path:
        home = self.directory / self.name
        (home / "tmp").mkdir(parents=True, exist_ok=True)
        return home

    def _command(self) -> list[str]:
        image = runtime(self.properties.get("image"))
        write_programs(self._home() / "bin", image.python)
        command = [self.paths.here(str(word)) for word in self.properties.get("command") or []]
        if not command:
            raise JobError(
                f"image {self.properties.get('image')!r} has no entry point in the sandbox: give "
                f"container {self.name} a command"
            )
        return command

    def _environment(self) -> dict[str, str]:
        home = self._home()
        given = {
            str(item["name"]): str(item.get("secureValue") or item.get("value") or "")
            for item in self.properties.get("environmentVariables") or []
        }
        return {
            "PATH": f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.base,
            **{name: self.paths.here(value) for name, value in given.items()},
        }

    def _probe(self, group: ProcessGroup, on_change: Callable[[], None]) -> "_Probers":
        def live(healthy: bool) -> None:
            if not healthy:
                self._event("Unhealthy", "Liveness probe failed", kind="Warning")
                self._event("Killing", "Killing container: it is not alive")
                group.stop(STOP_GRACE)

        def ready(healthy: bool) -> None:
            self.ready = healthy
            if not healthy:
                self._event("Unhealthy", "Readiness probe failed", kind="Warning")
            on_change()

        readiness = Probe.of(self.properties.get("readinessProbe"))
        liveness = Probe.of(self.properties.get("livenessProbe"))
        pairs = ((readiness, ready), (liveness, live))
        running = [Prober(probe, self.address, self._execute, act) for probe, act in pairs if probe]
        return _Probers(running, has_readiness=readiness is not None)

    def _execute(self, command: list[str], timeout: float) -> int:
        """A probe's command, in the container's surroundings."""
        words = [self.paths.here(word) for word in command]
        process = Process(name="probe", argv=words, env=self._environment(), cwd=self._home())
        group = ProcessGroup(
            [process], log_directory=self.directory / "logs", on_line=lambda *_: None
        )
        group.start()
        codes = group.wait(timeout)
        if codes is None:
            group.stop(0)
            group.wait()
            return -9
        return next(iter(codes.values()), -9)

    def _line(self, _: str, line: str) -> None:
        self.lines.append(line)

    def _event(self, name: str, message: str, kind: str = "Normal") -> None:
        moment = now()
        for event in self.events:
            if (event["name"], event["message"]) == (name, message):
                event.update(count=event["count"] + 1, lastTimestamp=moment)
                return
        event = {
            "count": 1,
            "firstTimestamp": moment,
            "lastTimestamp": moment,
            "name": name,
            "message": message,
            "type": kind,
        }
        self.events = [*self.events[-(KEPT_EVENTS - 1) :], event]


@dataclass
class _Probers:
    running: list[Prober]
    has_readiness: bool

    def stop(self) -> None:
        for prober in self.running:
            prober.stop()
