"""What runs for one container group: init containers one after the other, then all containers."""

import logging
import random
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sandbox.azure.aci import volumes
from sandbox.azure.aci.container import STOP_GRACE, Container, View
from sandbox.azure.aci.volumes import Paths
from sandbox.errors import JobError

INIT_ATTEMPTS = 3
TAIL_LINES = 12
# What init containers go without.
_IDENTITY = ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "AZURE_CLIENT_ID")

log = logging.getLogger(__name__)


def free_address(ports: Iterable[int]) -> str:
    """A loopback address on which nothing listens on these ports.

    Raises:
        JobError: a port cannot be listened on, whatever the address.
    """
    wanted = list(ports)
    refusal = "none is free"
    for _ in range(50):
        numbers = random.randint(0, 255), random.randint(1, 254)  # noqa: S311 - any will do
        address = f"127.3.{numbers[0]}.{numbers[1]}"
        refusal = taken(address, wanted)
        if not refusal:
            return address
    raise JobError(f"no address for ports {wanted}: {refusal}; use ports from 1024 upwards")


def taken(address: str, ports: Iterable[int]) -> str:
    """Why a port cannot be listened on; empty when all can."""
    for port in ports:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((address, port))
            except OSError as error:
                return f"port {port}: {error.strerror}"
    return ""


class GroupRun:
    """The processes of a group, from a start to a stop."""

    def __init__(
        self, spec: Mapping[str, Any], *, address: str, directory: Path, base: Mapping[str, str]
    ) -> None:
        """Prepare.

        Args:
            spec: the group's properties.
            base: environment that every container has.
        """
        self._spec = spec
        self._directory = directory
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._over = False
        self.failure: str | None = None
        policy = str(spec.get("restartPolicy") or "Always")

        def container(given: Mapping[str, Any], base: Mapping[str, str]) -> Container:
            mounts = given.get("properties", {}).get("volumeMounts") or []
            places = {item["mountPath"]: directory / "volumes" / item["name"] for item in mounts}
            return Container(
                given=given,
                directory=directory,
                paths=Paths(places, address),
                base=base,
                address=address,
                policy=policy,
                stopping=self._stopping,
            )

        # https://learn.microsoft.com/azure/container-instances/container-instances-init-container
        nobody = {name: value for name, value in base.items() if name not in _IDENTITY}
        self.first = [container(item, nobody) for item in spec.get("initContainers") or []]
        self.containers = [container(item, base) for item in spec.get("containers") or []]
        self._policy = policy
        self._threads: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run, name="container group", daemon=True)

    def start(self) -> None:
        """Start; returns at once."""
        self._thread.start()

    def wait_ready(self, timeout: float) -> None:
        """Wait until every container runs and is ready, or all of it came to its end.

        Raises:
            JobError: it failed, or is not ready in time; with the end of a log.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._ready(), timeout)
        if self.failure:
            raise JobError(self.failure)
        if not self._over and not self._ready():
            late = next((item for item in self.containers if not item.ready), self.containers[0])
            raise JobError(f"container {late.name} is not ready after {timeout:.0f} s{_tail(late)}")

    def stop(self) -> None:
        """End every process and wait for that."""
        self._stopping.set()
        for container in (*self.first, *self.containers):
            container.stop()
        deadline = time.monotonic() + STOP_GRACE + 10
        for thread in (self._thread, *self._threads):
            if thread.ident is not None:
                thread.join(max(deadline - time.monotonic(), 0.1))

    def view(self) -> View:
        """``instanceView`` of the group."""
        return {"events": [], "state": self._state()}

    def find(self, name: str) -> Container | None:
        """The container of that name."""
        both = (*self.containers, *self.first)
        return next((item for item in both if item.name == name), None)

    def _state(self) -> str:
        if self.failure:
            return "Failed"
        states = [item.current["state"] for item in self.containers]
        if self._over:
            codes = [item.current.get("exitCode", 0) for item in self.containers]
            return "Failed" if any(codes) else "Succeeded"
        return "Running" if "Running" in states else "Pending"

    def _ready(self) -> bool:
        return all(item.ready for item in self.containers)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        try:
            volumes.make(self._spec.get("volumes") or [], self._directory / "volumes")
            for container in self.first:
                self._initialise(container)
            self._threads = [
                threading.Thread(target=item.serve, args=(self._notify,), daemon=True)
                for item in self.containers
            ]
            for thread in self._threads:
                thread.start()
            for thread in self._threads:
                thread.join()
            if not self._stopping.is_set():
                # A container that could not be created at all says so in its events.
                broken = [item for item in self.containers if item.current["state"] == "Waiting"]
                if broken:
                    raise JobError(broken[0].events[-1]["message"])
        except JobError as error:
            if not self._stopping.is_set():
                self.failure = str(error)
        except Exception as error:
            log.exception("container group in %s", self._directory)
            self.failure = f"the sandbox failed: {error!r}"
        self._over = True
        self._notify()

    def _initialise(self, container: Container) -> None:
        attempts = 1 if self._policy == "Never" else INIT_ATTEMPTS
        for attempt in range(attempts):
            code = container.once()
            if code == 0:
                return
            if self._stopping.wait(min(2**attempt, 10) if attempt + 1 < attempts else 0):
                raise JobError("the group is being stopped")
            container.restarts += 1
        raise JobError(
            f"init container {container.name} ended with exit code {code}{_tail(container)}"
        )


def _tail(container: Container) -> str:
    lines = [line for line in list(container.lines)[-TAIL_LINES:] if line.strip()]
    return f". Its log ends with: {' | '.join(lines)}" if lines else "; its log is empty"
