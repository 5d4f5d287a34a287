"""Liveness and readiness probes of containers, in the meaning that Kubernetes gave them."""

import http.client
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Exec = Callable[[list[str], float], int]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """What to ask and when; times in seconds.

    Attributes:
        get: path, port, scheme and headers of a request, or ``None``.
        command: to run in the container instead; 0 is healthy.
    """

    get: Mapping[str, Any] | None
    command: tuple[str, ...]
    delay: float
    period: float
    timeout: float
    failures: int
    successes: int

    @classmethod
    def of(cls, given: Mapping[str, Any] | None) -> "Probe | None":
        """A probe from a container's properties, with Azure's defaults."""
        if not given:
            return None
        return cls(
            get=given.get("httpGet"),
            command=tuple((given.get("exec") or {}).get("command") or ()),
            delay=float(given.get("initialDelaySeconds") or 0),
            period=float(given.get("periodSeconds") or 10),
            timeout=float(given.get("timeoutSeconds") or 1),
            failures=int(given.get("failureThreshold") or 3),
            successes=int(given.get("successThreshold") or 1),
        )

    def healthy(self, address: str, run: Exec) -> bool:
        """Ask once."""
        if self.get is None:
            return run(list(self.command), self.timeout) == 0
        return _get(self.get, address, self.timeout)


def _get(get: Mapping[str, Any], address: str, timeout: float) -> bool:
    port = int(get["port"])
    connection: http.client.HTTPConnection
    if str(get.get("scheme") or "http").lower() == "https":
        # The platform does not look at a container's certificate either.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        connection = http.client.HTTPSConnection(address, port, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=timeout)
    headers = {item["name"]: item.get("value", "") for item in get.get("httpHeaders") or []}
    try:
        connection.request("GET", str(get.get("path") or "/"), headers=headers)
        return 200 <= connection.getresponse().status < 400
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Prober:
    """Asks a probe again and again until told to stop; ``on_change`` gets each new verdict."""

    def __init__(
        self, probe: Probe, address: str, run: Exec, on_change: Callable[[bool], None]
    ) -> None:
        self._probe, self._address, self._run = probe, address, run
        self._on_change = on_change
        self._stopping = threading.Event()
        threading.Thread(target=self._loop, name="probe", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()

    def _loop(self) -> None:
        verdict: bool | None = None
        row, last = 0, True
        pause = self._probe.delay
        while not self._stopping.wait(pause):
            # The first success counts at once: nobody gains by waiting for the next turn.
            pause = self._probe.period if verdict else min(self._probe.period, 0.5)
            healthy = self._probe.healthy(self._address, self._run)
            if self._stopping.is_set():
                return
            row = row + 1 if healthy == last else 1
            last = healthy
            if not healthy:
                pause = self._probe.period
            needed = self._probe.successes if healthy else self._probe.failures
            if row >= needed and healthy != verdict:
                verdict = healthy
                self._on_change(healthy)
