"""Starting, stopping and asking a sandbox's daemon, from any process and any number at once.

Imports only the standard library, so that ``sandbox env`` and ``status`` answer at once.
"""

import fcntl
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.azure.environment import environment as azure_environment
from sandbox.errors import PortError, SandboxError
from sandbox.gcp.environment import environment as gcp_environment
from sandbox.state import StateDirectory, project_state_directory, read_json, write_json

DEFAULT_PORT = 5870
START_TIMEOUT = 90.0
STOP_TIMEOUT = 45.0
# What would send the sandbox's own clients elsewhere, and what only another sandbox's would trust.
_FOREIGN = (
    "AWS_",
    "PULUMI_",
    "MOTO_",
    "GOOGLE_",
    "STORAGE_EMULATOR_",
    "ARM_",
    "AZURE_",
    "IDENTITY_",
    "MSI_",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)
FREE_PORTS = range(20000, 32768)
# The order fixes each plugin's port relative to the AWS endpoint's.
PORT_NAMES = (
    "aws",
    "plugin.aws",
    "gcp",
    "plugin.gcp",
    "azure",
    "plugin.azure-native",
    "azure.blob",
    "azure.identity",
)


@dataclass(frozen=True)
class Ready:
    """A running daemon."""

    pid: int
    endpoint_url: str
    ports: dict[str, int]
    gcp_credentials: str = ""
    azure: Mapping[str, str] = field(default_factory=dict)
    """Paths of what an Azure client needs: ``bundle`` and ``identity_header``."""


def _process_lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        # A killed daemon whose parent has not waited for it yet is gone, too.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return True


def _lock_is_held(state: StateDirectory) -> bool:
    try:
        with state.lock.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def running(state: StateDirectory) -> Ready | None:
    """The daemon of ``state`` when it is ready, else ``None``."""
    value = read_json(state.ready)
    if value is None or not _lock_is_held(state):
        return None
    ports = value["ports"]
    assert isinstance(ports, dict)
    return Ready(
        int(str(value["pid"])),
        str(value["endpoint_url"]),
        ports,
        str(value.get("gcp_credentials", "")),
        azure if isinstance(azure := value.get("azure"), dict) else {},
    )


def _ask(ready: Ready, path: str) -> object:
    connection = http.client.HTTPConnection("127.0.0.1", ready.ports["aws"], timeout=5)
    try:
        connection.request("GET", path)
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()


def activity(ready: Ready) -> list[str]:
    """One line for each job and endpoint that runs."""
    try:
        value = _ask(ready, "/_sandbox/activity")
    except (OSError, ValueError) as error:
        return [f"does not answer: {error}"]
    return [str(line) for line in value] if isinstance(value, list) else []


def environment(ready: Ready) -> dict[str, str]:
    """What a shell needs so that SDKs and Pulumi reach the sandbox."""
    plugins = [
        f"{name.removeprefix('plugin.')}:{port}"
        for name, port in sorted(ready.ports.items())
        if name.startswith("plugin.")
    ]
    variables = {
        "AWS_ENDPOINT_URL": ready.endpoint_url,
        "AWS_ACCESS_KEY_ID": "sandbox-access-key",
        "AWS_SECRET_ACCESS_KEY": "sandbox-not-a-secret",  # pragma: allowlist secret
        "AWS_DEFAULT_REGION": os.environ.get("AWS_DEFAULT_REGION", "us-east-1"),
        "AWS_REGION": os.environ.get("AWS_REGION", "us-east-1"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    if "gcp" in ready.ports:
        url = f"http://127.0.0.1:{ready.ports['gcp']}"
        variables |= gcp_environment(url, ready.gcp_credentials)
    if "azure" in ready.ports:
        variables |= azure_environment(
            address=f"127.0.0.1:{ready.ports['azure']}",
            identity_url=f"http://127.0.0.1:{ready.ports['azure.identity']}/msi/token",
            identity_header=Path(ready.azure["identity_header"]).read_text(),
            bundle=ready.azure["bundle"],
        )
    if plugins:
        variables["PULUMI_DEBUG_PROVIDERS"] = ",".join(plugins)
    return variables


def _port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _free_ports(*, taken: Iterable[int] = ()) -> dict[str, int]:
    """Ports that are free, below those that the kernel gives to outgoing connections.

    They are remembered: one from the kernel's own range could belong to any connection by the time
    the sandbox starts again.
    """
    candidates = random.sample(FREE_PORTS, len(FREE_PORTS))
    used = set(taken)
    free = (port for port in candidates if port not in used and _port_is_free(port))
    return dict(zip(PORT_NAMES, free, strict=False))


def _choose_ports(state: StateDirectory, port: int | None) -> dict[str, int]:
    """Ports asked for, else those of the last start, else defaults (or free ones elsewhere).

    They are kept because stacks and shells remember the endpoint's URL.

    Raises:
        PortError: a wanted port is taken by another program.
    """
    if port:
        ports = {name: port + offset for offset, name in enumerate(PORT_NAMES)}
    elif port == 0:
        ports = _free_ports()
    else:
        remembered = read_json(state.ports)
        if remembered is not None:
            # A state of an earlier version knows fewer.
            known = {name: int(str(number)) for name, number in remembered.items()}
            ports = {**_free_ports(taken=known.values()), **known}
        elif state == project_state_directory():
            ports = {name: DEFAULT_PORT + offset for offset, name in enumerate(PORT_NAMES)}
        else:
            ports = _free_ports()
    for name in PORT_NAMES:
        if not _port_is_free(ports[name]):
            raise PortError(
                f"port {ports[name]} of 127.0.0.1 ({name}) is taken by another program, such "
                "as another clone's sandbox; stop it, or choose others once and for all with "
                "`.venv/bin/python -m sandbox start --port N` (0: any free ports)"
            )
    write_json(state.ports, ports)
    return ports


@contextmanager
def _exclusively(state: StateDirectory) -> Iterator[None]:
    """One start or stop of a state directory at a time."""
    state.prepare()
    with state.start_lock.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _last_error(state: StateDirectory, offset: int) -> str:
    with state.log.open("rb") as file:
        file.seek(offset)
        lines = file.read().decode("utf-8", "replace").strip().splitlines()
    for line in reversed(lines):
        if " ERROR " in line:
            return line.partition(": ")[2]
    return lines[-1] if lines else "it wrote nothing"


def start(
    state: StateDirectory, port: int | None, *, progress: Callable[[str], None] = lambda _: None
) -> tuple[Ready, bool]:
    """Start the daemon unless it runs, wait until it is ready; whether this call started it.

    Raises:
        SandboxError: it cannot start; the message has the daemon's last error.
    """
    with _exclusively(state):
        ready = running(state)
        if ready is not None:
            if port and ready.ports["aws"] != port:
                raise SandboxError(
                    f"the sandbox of {state.root} already runs on port {ready.ports['aws']}; "
                    "stop it before choosing another"
                )
            return ready, False
        ports = _choose_ports(state, port)
        progress(f"starting the sandbox on port {ports['aws']} ...")
        with state.log.open("ab") as log_file:
            offset = log_file.tell()
            daemon = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "sandbox.daemon",
                    str(state.root),
                    *(f"{name}={number}" for name, number in ports.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log_file,
                stderr=log_file,
                start_new_session=True,
                env=_daemon_environment(),
                # Pulumi gives provider plugins the paths of a program's assets relative to the
                # project, as it does to plugins it starts itself.
                cwd=Path.cwd(),
            )
        deadline = time.monotonic() + START_TIMEOUT
        while time.monotonic() < deadline:
            ready = running(state)
            if ready is not None and ready.pid == daemon.pid:
                # A caller that lives on must not keep the ended daemon as a zombie.
                threading.Thread(target=daemon.wait, daemon=True).start()
                return ready, True
            if daemon.poll() is not None:
                raise SandboxError(
                    f"the sandbox did not start: {_last_error(state, offset)} (log: {state.log})"
                )
            time.sleep(0.05)
        daemon.kill()
        daemon.wait()
        raise SandboxError(f"the sandbox was not ready after {START_TIMEOUT:.0f} s: {state.log}")


def _daemon_environment() -> dict[str, str]:
    """This environment without what would send the sandbox's own clients elsewhere."""
    root = str(Path(__file__).resolve().parent.parent)
    path = os.environ.get("PYTHONPATH")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)
    }
    environment["PYTHONPATH"] = f"{root}{os.pathsep}{path}" if path else root
    return environment


def stop(state: StateDirectory) -> bool:
    """End the daemon and everything it started; ``False`` when none ran.

    Raises:
        SandboxError: it is still there after SIGKILL.
    """
    if not state.root.exists():
        return False
    with _exclusively(state):
        if not _lock_is_held(state):
            state.ready.unlink(missing_ok=True)
            return False
        pid = int(state.lock.read_text().strip() or "0")
        if pid:
            _end(pid)
        deadline = time.monotonic() + 10
        while _lock_is_held(state):
            if time.monotonic() > deadline:
                raise SandboxError(f"the sandbox (pid {pid}) did not end; see {state.log}")
            time.sleep(0.02)
        state.ready.unlink(missing_ok=True)
    return True


def _end(pid: int) -> None:
    for number, patience in ((signal.SIGTERM, STOP_TIMEOUT), (signal.SIGKILL, 10.0)):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not _process_lives(pid):
                return
            time.sleep(0.02)
