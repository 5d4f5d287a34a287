"""A sandbox as tests handle it."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from sandbox import control
from sandbox.state import StateDirectory

ROOT = Path(__file__).resolve().parents[2]


class RunningSandbox:
    """Starts, stops and reaches the sandbox of one state directory."""

    def __init__(self, directory: Path) -> None:
        self.state = StateDirectory(directory)
        self._clients: dict[str, Any] = {}

    def start(self) -> None:
        control.start(self.state, None)

    def stop(self) -> None:
        self.close_clients()
        control.stop(self.state)

    def close_clients(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()

    @property
    def ready(self) -> control.Ready:
        ready = control.running(self.state)
        assert ready is not None, "the sandbox does not run"
        return ready

    @property
    def environment(self) -> dict[str, str]:
        """Variables that point SDKs at this sandbox."""
        return control.environment(self.ready)

    def client(self, service: str) -> Any:
        """An unmodified boto3 client; errors are not retried."""
        if service not in self._clients:
            variables = self.environment
            self._clients[service] = boto3.Session(
                aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
                region_name=variables["AWS_DEFAULT_REGION"],
            ).client(
                service,
                endpoint_url=variables["AWS_ENDPOINT_URL"],
                config=Config(retries={"total_max_attempts": 1}),
            )
        return self._clients[service]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """``python -m sandbox`` with this state directory."""
        return subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments, "--state", str(self.state.root)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def processes(self) -> list[str]:
        """Command lines of processes that mention this state directory."""
        found = []
        for directory in Path("/proc").iterdir():
            if directory.name.isdigit():
                try:
                    command = (directory / "cmdline").read_bytes()
                    environment = (directory / "environ").read_bytes()
                except OSError:
                    continue
                if str(self.state.root).encode() in command + environment:
                    found.append(command.replace(b"\0", b" ").decode())
        return found


def eventually(condition: Callable[[], Any], timeout: float = 30.0) -> Any:
    """Poll until ``condition`` gives something true; that, or a failure."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {condition}"
        time.sleep(0.05)
