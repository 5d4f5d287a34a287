"""The state directory: where everything the sandbox keeps lives, and how it is written.

Layout::

    ports.json      the ports chosen at the first start, kept for later starts
    ready.json      present while the daemon serves: pid, endpoint URL, ports
    daemon.lock     held by the running daemon (flock), so there is one per directory
    daemon.log      the daemon's own log
    snapshot/       one file per section, each with a checksum
    objects/        bodies of S3 objects, one file each, never rewritten
    jobs/           working directories and logs of jobs
    endpoints/      working directories and logs of serving processes
"""

import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import StateError

FORMAT = 1
_MAGIC = b"trimaran-sandbox"


@dataclass(frozen=True)
class StateDirectory:
    """Paths inside one sandbox's state directory."""

    root: Path

    @property
    def ports(self) -> Path:
        return self.root / "ports.json"

    @property
    def ready(self) -> Path:
        return self.root / "ready.json"

    @property
    def lock(self) -> Path:
        return self.root / "daemon.lock"

    @property
    def start_lock(self) -> Path:
        return self.root / "start.lock"

    @property
    def log(self) -> Path:
        return self.root / "daemon.log"

    @property
    def snapshot(self) -> Path:
        return self.root / "snapshot"

    @property
    def objects(self) -> Path:
        return self.root / "objects"

    @property
    def jobs(self) -> Path:
        return self.root / "jobs"

    @property
    def endpoints(self) -> Path:
        return self.root / "endpoints"

    def prepare(self) -> None:
        """Create the directory, readable by its owner only: job inputs may be private."""
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for directory in (self.snapshot, self.objects, self.jobs, self.endpoints):
            directory.mkdir(exist_ok=True)


def default_state_directory() -> StateDirectory:
    """``$SANDBOX_STATE``, else :func:`project_state_directory`."""
    chosen = os.environ.get("SANDBOX_STATE")
    if chosen:
        return StateDirectory(Path(chosen).expanduser().resolve())
    return project_state_directory()


def project_state_directory() -> StateDirectory:
    """``.sandbox/`` in the project (``Pulumi.yaml``) that holds the current directory."""
    here = Path.cwd()
    for directory in (here, *here.parents):
        if (directory / "Pulumi.yaml").exists():
            return StateDirectory(directory / ".sandbox")
    return StateDirectory(here / ".sandbox")


def write_atomically(path: Path, data: bytes) -> None:
    """Replace ``path`` so that a reader or a crash never sees half of it."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_json(path: Path, value: object) -> None:
    """Write ``value`` as JSON, atomically."""
    write_atomically(path, json.dumps(value, indent=2, sort_keys=True).encode())


def read_json(path: Path) -> dict[str, object] | None:
    """The JSON object in ``path``; ``None`` when there is none.

    Raises:
        StateError: the file is there but is not a JSON object.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise StateError(f"{path} is not valid JSON ({error}); {remedy(path)}") from error
    if not isinstance(value, dict):
        raise StateError(f"{path} does not hold a JSON object; {remedy(path)}")
    return value


def remedy(path: Path) -> str:
    """What a user can do about a damaged file of the state directory."""
    return (
        f"move it away ({path}) to go on without what it held, "
        "or run `python -m sandbox reset` to start empty"
    )


def write_section(path: Path, payload: bytes, writer: str) -> None:
    """Write one snapshot section: a header with format, writer and checksum, then the payload."""
    digest = hashlib.sha256(payload).hexdigest()
    header = b" ".join((_MAGIC, str(FORMAT).encode(), writer.encode(), digest.encode()))
    write_atomically(path, header + b"\n" + payload)


def read_section(path: Path, writer: str) -> bytes:
    """The payload of a section written by :func:`write_section`.

    Raises:
        StateError: damaged, or written by another version of the sandbox or its libraries.
    """
    header, _, payload = path.read_bytes().partition(b"\n")
    fields = header.split(b" ")
    if len(fields) != 4 or fields[0] != _MAGIC:
        raise StateError(f"{path} is not a sandbox snapshot; {remedy(path)}")
    if fields[1] != str(FORMAT).encode() or fields[2] != writer.encode():
        raise StateError(
            f"{path} was written by another version "
            f"(format {fields[1].decode()}, {fields[2].decode()}; "
            f"this is format {FORMAT}, {writer}); {remedy(path)}"
        )
    if hashlib.sha256(payload).hexdigest().encode() != fields[3]:
        raise StateError(f"{path} is damaged (checksum differs); {remedy(path)}")
    return payload
