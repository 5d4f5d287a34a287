"""serve.py as a process of its own, and a client for it."""

import http.client
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_SERVE = Path(__file__).resolve().parents[2] / "model_code" / "serve.py"
_PATIENCE = 60.0


class Reply(NamedTuple):
    """A response with lower-case header names."""

    status: int
    headers: dict[str, str]
    body: bytes


class ServerProcess:
    """Starts on a free port; use as a context manager."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in __exit__
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.process = subprocess.Popen(
            [sys.executable, str(_SERVE)],
            env={**clean, "PYTHONDONTWRITEBYTECODE": "1", "SAGEMAKER_BIND_TO_PORT": "0", **environ},
            stdout=self._log,
            stderr=self._log,
        )
        self._port: int | None = None

    def __enter__(self) -> "ServerProcess":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()

    @property
    def log(self) -> str:
        """All that the process has written so far."""
        self._log.flush()
        return os.pread(self._log.fileno(), 1 << 20, 0).decode()

    @property
    def port(self) -> int:
        """The port it listens on, once it does."""
        deadline = time.monotonic() + _PATIENCE
        while self._port is None:
            found = re.search(r"serving on https?://127\.0\.0\.1:(\d+)", self.log)
            if found:
                self._port = int(found[1])
            else:
                self._still_waiting(deadline)
                time.sleep(0.02)
        return self._port

    def connect(self, timeout: float = 30.0) -> http.client.HTTPConnection:
        """A connection that stays open between requests."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(
        self,
        method: str,
        path: str,
        body: bytes | str | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """One request on a connection of its own; an iterable body is sent in chunks."""
        connection = self.connect()
        try:
            return exchange(connection, method, path, body, headers)
        finally:
            connection.close()

    def wait_until_ready(self) -> None:
        """Until /ping answers 200."""
        deadline = time.monotonic() + _PATIENCE
        while self.request("GET", "/ping").status != 200:
            self._still_waiting(deadline)
            time.sleep(0.05)

    def _still_waiting(self, deadline: float) -> None:
        assert self.process.poll() is None, self.log
        assert time.monotonic() < deadline, self.log

    def terminate(self) -> None:
        """Send SIGTERM."""
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for the process to end."""
        return self.process.wait(_PATIENCE)


def exchange(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    body: bytes | str | Iterable[bytes] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """A request on an open connection."""
    connection.request(method, path, body, dict(headers or {}))
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    return Reply(response.status, names, response.read())
