"""Child processes of the sandbox: started together, read line by line, ended for certain."""

import functools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launcher.py")
LONGEST_LINE = 64 * 1024

OnLine = Callable[[str, str], None]


@dataclass(frozen=True)
class Isolation:
    """What the kernel permits: a private ``/opt/ml``, a network without a way out."""

    mounts: bool
    network: bool


@functools.cache
def isolation() -> Isolation:
    """Try once what the kernel permits; ``SANDBOX_NAMESPACES=off`` says do not use any."""
    if os.environ.get("SANDBOX_NAMESPACES") == "off" or sys.platform != "linux":
        return Isolation(mounts=False, network=False)
    with tempfile.TemporaryDirectory() as stage:
        probe = subprocess.run(
            [sys.executable, "-I", "-S", str(LAUNCHER), "--probe", stage],
            capture_output=True,
            check=False,
            timeout=30,
        )
    try:
        return Isolation(**json.loads(probe.stdout))
    except (ValueError, TypeError):
        return Isolation(mounts=False, network=False)


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process to run.

    Attributes:
        name: names its log, e.g. ``algo-1``.
        argv: program and arguments; the program is looked up on ``env``'s PATH.
        env: the whole environment, nothing is inherited.
        opt_ml: directory shown to it as ``/opt/ml``, where the kernel permits.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    opt_ml: Path | None = None


class ProcessGroup:
    """Processes that start and end together.

    Lines of their output go to ``on_line(process name, line)`` from one reader thread each, and
    to ``<log directory>/<process name>.log``.
    """

    def __init__(
        self,
        processes: Sequence[Process],
        *,
        log_directory: Path,
        on_line: OnLine,
        isolate_network: bool = False,
    ) -> None:
        self._processes = processes
        self._log_directory = log_directory
        self._on_line = on_line
        self._isolate_network = isolate_network and isolation().network
        self._readers: list[threading.Thread] = []
        self._launcher: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Lock()

    def start(self) -> None:
        """Start the processes; returns at once."""
        self._log_directory.mkdir(parents=True, exist_ok=True)
        specifications, outputs = [], []
        for process in self._processes:
            read_end, write_end = os.pipe()
            outputs.append(write_end)
            self._readers.append(
                threading.Thread(target=self._read, args=(process.name, read_end), daemon=True)
            )
            opt_ml = process.opt_ml if isolation().mounts else None
            specifications.append(
                {
                    "name": process.name,
                    "argv": list(process.argv),
                    "env": dict(process.env),
                    "cwd": str(process.cwd),
                    "opt_ml": None if opt_ml is None else str(opt_ml),
                    "stage": str(self._log_directory.parent / f".{process.name}-opt"),
                    "output": write_end,
                }
            )
        self._launcher = subprocess.Popen(
            [sys.executable, "-I", "-S", str(LAUNCHER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=outputs,
            start_new_session=True,
        )
        for output in outputs:
            os.close(output)
        for reader in self._readers:
            reader.start()
        specification = {
            "processes": specifications,
            "isolate_network": self._isolate_network,
        }
        self._write(json.dumps(specification).encode() + b"\n")

    @property
    def running(self) -> bool:
        return self._launcher is not None and self._launcher.poll() is None

    @property
    def usage(self) -> tuple[float, int]:
        """Seconds of processor time used so far, and bytes of memory in use."""
        seconds, memory = 0.0, 0
        if self._launcher is None or not self.running:
            return seconds, memory
        children = Path(f"/proc/{self._launcher.pid}/task/{self._launcher.pid}/children")
        try:
            for pid in children.read_text().split():
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                seconds += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
                memory += int(fields[21]) * os.sysconf("SC_PAGE_SIZE")
        except (OSError, ValueError):
            # The process ended meanwhile, or this kernel does not list children.
            pass
        return seconds, memory

    def stop(self, grace: float) -> None:
        """Ask for SIGTERM now and SIGKILL after ``grace`` seconds; returns at once."""
        with self._stopping:
            if self.running:
                self._write(f"stop {grace}\n".encode())

    def wait(self, timeout: float | None = None) -> dict[str, int] | None:
        """Exit codes by process name (negative: ended by that signal); ``None`` on timeout."""
        assert self._launcher is not None, "start() comes first"
        try:
            self._launcher.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            reader.join(5.0)
        assert self._launcher.stdin is not None
        assert self._launcher.stdout is not None
        with self._stopping:
            self._launcher.stdin.close()
        answer = b"" if self._launcher.stdout.closed else self._launcher.stdout.read()
        self._launcher.stdout.close()
        if answer:
            self._codes = {str(name): int(code) for name, code in json.loads(answer).items()}
        return getattr(self, "_codes", {process.name: -9 for process in self._processes})

    def _write(self, data: bytes) -> None:
        assert self._launcher is not None
        assert self._launcher.stdin is not None
        try:
            self._launcher.stdin.write(data)
            self._launcher.stdin.flush()
        except (BrokenPipeError, ValueError):
            pass

    def _read(self, name: str, descriptor: int) -> None:
        log = self._log_directory / f"{name}.log"
        with os.fdopen(descriptor, "rb") as stream, log.open("ab", buffering=0) as file:
            for line in iter(lambda: stream.readline(LONGEST_LINE), b""):
                file.write(line)
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                # Progress bars rewrite one line; the last state is what is worth keeping.
                self._on_line(name, text.rsplit("\r", 1)[-1])


def wait_until(condition: Callable[[], bool], timeout: float, interval: float = 0.02) -> bool:
    """Poll ``condition``; whether it came true within ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(interval)
    return True
