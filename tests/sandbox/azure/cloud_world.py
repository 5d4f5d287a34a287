"""Azure's server of a sandbox inside the test's own process, and plain REST calls to it."""

import contextlib
import json
import os
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sandbox.azure.environment import SUBSCRIPTION
from sandbox.azure.server import AzureServer
from sandbox.jobs import JobRunner
from sandbox.serving import free_port
from sandbox.state import StateDirectory

ROOT = Path(__file__).resolve().parents[3]
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/tests"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/mlstore"
PATIENCE = 180.0
ML_VERSION = "2024-10-01"


class Reply(NamedTuple):
    """Status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class CloudWorld:
    """A running cloud with a resource group; can be stopped and started on the same state."""

    def __init__(self, directory: Path) -> None:
        self._state = StateDirectory(directory)
        self._state.prepare()
        self._ports = {name: free_port() for name in ("azure", "azure.identity", "azure.blob")}
        self.start()
        self.put(GROUP, {"location": "westeurope"}, version="2024-03-01")

    def start(self) -> None:
        self.jobs = JobRunner(self._state.jobs, 2)
        self.server = AzureServer(self._state, self._ports, jobs=self.jobs)
        self.context = self.server.context
        self.server.start()

    def stop(self) -> None:
        self.server.halt()
        self.jobs.stop()
        self.server.stop()

    @property
    def bundle(self) -> str:
        """Certificates that clients trust."""
        return str(self.context.certificates.bundle)

    def token(self, audience: str = "https://management.azure.com") -> str:
        return self.context.tokens.give(audience)

    def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        trusted: str = "",
        timeout: float = 60.0,
    ) -> Reply:
        """One request; ``trusted`` is a certificate in place of the sandbox's own."""
        data = body if isinstance(body, bytes) else None
        if body is not None and data is None:
            data = json.dumps(body).encode()
        names = {"Content-Type": "application/json", **(headers or {})}
        request = urllib.request.Request(url, data=data, headers=names, method=method)
        context = ssl.create_default_context(cafile=trusted or self.bundle)
        context.check_hostname = not trusted
        try:
            with urllib.request.urlopen(request, context=context, timeout=timeout) as answer:
                found = {name.lower(): value for name, value in answer.headers.items()}
                return Reply(answer.status, found, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                found = {name.lower(): value for name, value in error.headers.items()}
                return Reply(error.code, found, error.read())

    def arm(self, method: str, path: str, body: Any = None, *, version: str = ML_VERSION) -> Reply:
        """One request to Resource Manager."""
        headers = {"Authorization": f"Bearer {self.token()}"}
        mark = "&" if "?" in path else "?"
        url = f"{self.context.url}{path}{mark}api-version={version}"
        return self.ask(method, url, body, headers=headers)

    def get(self, path: str, *, version: str = ML_VERSION) -> Any:
        reply = self.arm("GET", path, version=version)
        assert reply.status == 200, reply.body
        return reply.json

    def put(self, path: str, body: Any, *, version: str = ML_VERSION) -> Any:
        """Write a resource and wait for the end of the operation."""
        reply = self.arm("PUT", path, body, version=version)
        assert reply.status in (200, 201), reply.body
        error = self.finish(reply)
        assert error is None, error
        return self.get(path, version=version)

    def finish(self, reply: Reply) -> Any:
        """Wait for an operation; its error, if it has one."""
        place = reply.headers.get("azure-asyncoperation")
        if place is None:
            return None
        headers = {"Authorization": f"Bearer {self.token()}"}

        def ended() -> Any:
            answer = self.ask("GET", place, headers=headers).json
            return answer if answer["status"] != "InProgress" else None

        return eventually(ended).get("error")

    def delete(self, path: str, *, version: str = ML_VERSION) -> None:
        """Delete a resource and wait until it is gone."""
        reply = self.arm("DELETE", path, version=version)
        assert reply.status in (200, 202, 204), reply.body
        eventually(lambda: self.arm("GET", path, version=version).status == 404)

    def storage(self) -> None:
        """A storage account called ``mlstore``."""
        body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
        self.put(STORAGE, body, version="2024-01-01")

    def upload(self, container: str, name: str, data: bytes) -> str:
        """A blob; its address."""
        from azure.core.exceptions import ResourceExistsError

        with self.context.blobs.client("mlstore") as client:
            with contextlib.suppress(ResourceExistsError):
                client.create_container(container)
            client.get_blob_client(container, name).upload_blob(data, overwrite=True)
        return f"{self.context.blobs.endpoint('mlstore')}{container}/{name}"

    def blob(self, container: str, name: str) -> bytes:
        """A blob's content."""
        with self.context.blobs.client("mlstore") as client:
            found: bytes = client.get_blob_client(container, name).download_blob().readall()
            return found


@contextlib.contextmanager
def cloud_world(directory: Path) -> Iterator[CloudWorld]:
    """A running cloud that leaves nothing behind."""
    world = CloudWorld(directory)
    try:
        yield world
    finally:
        world.stop()
        assert not _left(directory), "processes were left behind"


def _left(directory: Path) -> list[str]:
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit() and int(place.name) != os.getpid():
            with contextlib.suppress(OSError):
                if str(directory).encode() in (place / "environ").read_bytes():
                    found.append((place / "cmdline").read_bytes().decode())
    return found


def eventually(condition: Callable[[], Any], timeout: float = PATIENCE) -> Any:
    """Poll until ``condition`` gives something true; that, or a failure."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"not within {timeout} s: {condition}"
        time.sleep(0.1)
