"""Snapshots of moto's backends and of the sandbox's own tables.

Each AWS service is one section (a pickle). A reference from one service to another service's
backend is written as a name, so sections can be written one at a time. Sections are rewritten
only when a request or a job touched their service and their content really changed.
"""

import contextlib
import functools
import hashlib
import importlib
import importlib.metadata
import io
import json
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import cloudpickle
from moto.core.base_backend import AccountSpecificBackend, BackendDict, BaseBackend

from sandbox.aws.blobs import BlobDirectory
from sandbox.errors import StateError
from sandbox.state import StateDirectory, read_section, remedy, write_section

QUIET_SECONDS = 0.25
LONGEST_SECONDS = 1.0
FULL_SECONDS = 60.0
WRITER = f"moto-{importlib.metadata.version('moto')}"
_TABLES = "tables"

log = logging.getLogger(__name__)


class Gate:
    """Many requests at once, or one snapshot: a snapshot never sees half of a request."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._closed = False

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        with self._condition:
            while self._closed:
                self._condition.wait()
            self._inside += 1
        try:
            yield
        finally:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    @contextlib.contextmanager
    def snapshot(self, timeout: float = 2.0) -> Iterator[None]:
        """Wait for requests under way (at most ``timeout`` seconds), hold new ones back."""
        deadline = time.monotonic() + timeout
        with self._condition:
            self._closed = True
            while self._inside and time.monotonic() < deadline:
                self._condition.wait(0.1)
        try:
            yield
        finally:
            with self._condition:
                self._closed = False
                self._condition.notify_all()


def _module_of(backend: type) -> str:
    """moto's package of a backend class, e.g. ``s3`` or ``awslambda``: the section's name."""
    return backend.__module__.split(".")[1]


@functools.cache
def _backends(module: str) -> Any:
    """The ``BackendDict`` that lives in ``moto.<module>.models``."""
    models = importlib.import_module(f"moto.{module}.models")
    return next(
        value
        for value in vars(models).values()
        if isinstance(value, BackendDict) and _module_of(value.backend) == module
    )


def _make_lock() -> Any:
    return threading.Lock()


def _make_rlock() -> Any:
    return threading.RLock()


_LOCK_MAKERS: dict[type, Callable[[], Any]] = {
    type(threading.Lock()): _make_lock,
    type(threading.RLock()): _make_rlock,
}


def _live_backends() -> list[Any]:
    """The services that were used so far."""
    return list(vars(BackendDict)["_instances"])


@functools.cache
def _managed_policy_data() -> Any:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.loads(aws_managed_policies_data)


def _make_managed_policy(name: str, account: str) -> Any:
    from moto.iam.models import AWSManagedPolicy

    return AWSManagedPolicy.from_data(name, account, "us-east-1", _managed_policy_data()[name])


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Pickles one service; other services' backends become names, locks are made anew."""

    def __init__(self, file: io.BytesIO, roots: set[int]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._roots = roots

    def persistent_id(self, value: Any) -> Any:
        if isinstance(value, BaseBackend) and id(value) not in self._roots:
            return ("backend", _module_of(type(value)), value.account_id, value.region_name)
        if isinstance(value, AccountSpecificBackend):
            return ("account", _module_of(value.backend), value.account_id)
        if isinstance(value, BackendDict):
            return ("service", _module_of(value.backend))
        return None

    def reducer_override(self, value: Any) -> Any:
        maker = _LOCK_MAKERS.get(type(value))
        if maker is not None:
            return maker, ()
        if type(value).__name__ == "AWSManagedPolicy":
            # 24 MB of documents that come with moto; only what may change is kept.
            state = {
                name: part
                for name, part in vars(value).items()
                if name not in ("versions", "document")
            }
            return _make_managed_policy, (value.name, value.account_id), state
        return super().reducer_override(value)


class _Unpickler(pickle.Unpickler):
    def persistent_load(self, pid: Any) -> Any:
        kind, module, *rest = pid
        backends = _backends(module)
        if kind == "service":
            return backends
        return backends[rest[0]] if kind == "account" else backends[rest[0]][rest[1]]


class Snapshots:
    """Writes what changed soon after it changed, and loads it at the start."""

    def __init__(self, state: StateDirectory, blobs: BlobDirectory) -> None:
        self._state = state
        self._blobs = blobs
        self._written: dict[str, bytes] = {}
        self._touched: set[str] = set()
        self._wake = threading.Condition()
        self._last_touch = 0.0
        self._first_touch = 0.0
        self._stopping = False
        self._writing = threading.Lock()
        self._thread: threading.Thread | None = None
        self.gate = Gate()
        self.tables: dict[str, dict[str, Any]] = {}

    def load(self) -> None:
        """Fill moto's backends and the tables.

        Raises:
            StateError: a section is damaged; the message names the file and the remedy.
        """
        for path in sorted(self._state.snapshot.glob("*.pickle")):
            payload = read_section(path, WRITER)
            try:
                value = _Unpickler(io.BytesIO(payload)).load()
            except Exception as error:
                raise StateError(f"{path} cannot be read ({error!r}); {remedy(path)}") from error
            self._written[path.stem] = hashlib.sha256(payload).digest()
            if path.stem == _TABLES:
                for name, content in value.items():
                    self.table(name).update(content)
                continue
            backends = _backends(path.stem)
            for account, region, backend in value:
                backends[account][region] = backend
        self._blobs.delete_unknown()

    def table(self, name: str) -> dict[str, Any]:
        """A dictionary that survives restarts; call :meth:`touch` after changing it."""
        return self.tables.setdefault(name, {})

    def touch(self, *services: str) -> None:
        """Say that services changed: moto's package names, or ``"tables"`` for own tables."""
        with self._wake:
            now = time.monotonic()
            if not self._touched:
                self._first_touch = now
            self._touched.update(services)
            self._last_touch = now
            self._wake.notify_all()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="snapshots", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write everything and end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        if self._thread is not None:
            self._thread.join()
        self.write()

    def write(self, services: set[str] | None = None) -> None:
        """Write the sections of ``services`` (all when ``None``) whose content changed."""
        with self._writing:
            pending: dict[str, bytes] = {}
            with self.gate.snapshot():
                released = self._blobs.take_released()
                for service, value in self._sections():
                    if services is None or service in services:
                        payload = self._dump(service, value)
                        if payload is not None:
                            pending[service] = payload
            for service, payload in pending.items():
                digest = hashlib.sha256(payload).digest()
                if self._written.get(service) != digest:
                    write_section(self._state.snapshot / f"{service}.pickle", payload, WRITER)
                    self._written[service] = digest
            if services is None or "s3" in services:
                self._blobs.delete(released)
            else:
                for name in released:
                    self._blobs.release(name)

    def _sections(self) -> list[tuple[str, Any]]:
        sections: list[tuple[str, Any]] = [
            (_module_of(backends.backend), list(backends.iter_backends()))
            for backends in list(_live_backends())
        ]
        return [*sections, (_TABLES, self.tables)]

    def _dump(self, service: str, value: Any) -> bytes | None:
        roots = set() if service == _TABLES else {id(backend) for _, _, backend in value}
        for attempt in range(5):
            file = io.BytesIO()
            try:
                _Pickler(file, roots).dump(value)
                return file.getvalue()
            except RuntimeError as error:
                # A background thread changed a dictionary while it was read.
                if attempt == 4:
                    log.error("the state of %s was not saved: %s", service, error)  # noqa: TRY400
                time.sleep(0.01)
            except Exception as error:  # noqa: BLE001 - one service must not keep the rest from disk
                log.error("the state of %s cannot be saved: %r", service, error)  # noqa: TRY400
                return None
        return None

    def _run(self) -> None:
        last_full = time.monotonic()
        while True:
            with self._wake:
                while not self._touched and not self._stopping:
                    self._wake.wait(FULL_SECONDS)
                while not self._stopping:
                    now = time.monotonic()
                    due = min(self._last_touch + QUIET_SECONDS, self._first_touch + LONGEST_SECONDS)
                    if now >= due:
                        break
                    self._wake.wait(due - now)
                if self._stopping:
                    return
                services: set[str] | None = set(self._touched)
                self._touched.clear()
            if time.monotonic() - last_full > FULL_SECONDS:
                services, last_full = None, time.monotonic()
            try:
                self.write(services)
            except OSError as error:
                log.error("the state was not saved: %s", error)  # noqa: TRY400
