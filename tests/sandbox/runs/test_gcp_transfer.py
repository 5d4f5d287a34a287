"""A transfer as a resource: killed, paused, cancelled and fed with damaged bytes on its way.

The transfer service runs in a process of its own that a test may kill; its S3 is the shared
sandbox's, behind a wire that a test may disturb.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.gcp.runs.cloud import call, forget_session
from components.gcp.runs.transfer_run import TransferRunHandler
from plugin.handler import InitializationFailedError
from plugin.provider import Context
from sandbox.gcp.environment import environment
from tests.sandbox.gcp.google import Google
from tests.sandbox.gcp.transfer_route import Route
from tests.sandbox.running import ROOT, RunningSandbox, eventually
from tests.sandbox.runs.conftest import Operation
from tests.sandbox.runs.faulty_source import FaultyWire

SERVER = """
import signal, sys
from pathlib import Path
from sandbox.gcp.server import GcpServer
from sandbox.jobs import JobRunner
from sandbox.state import StateDirectory
state = StateDirectory(Path(sys.argv[1]))
state.prepare()
server = GcpServer(state, int(sys.argv[2]), jobs=JobRunner(state.jobs), aws_url=sys.argv[3])
server.start()
print(server.port, server.context.credentials, flush=True)
signal.pause()
"""
LARGE = os.urandom(6 << 20)


class OwnGcp(RunningSandbox):
    """A GCP side that can be killed and started again at the same address."""

    def __init__(self, shared: RunningSandbox, directory: Path, aws_url: str) -> None:
        super().__init__(directory)
        self._shared, self._aws_url = shared, aws_url
        self._process: subprocess.Popen[str] | None = None
        self.port, self.credentials = 0, ""

    def start(self) -> None:
        line = [sys.executable, "-c", SERVER, str(self.state.root), str(self.port), self._aws_url]
        variables = {**os.environ, **self._shared.environment}
        self._process = subprocess.Popen(
            line, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        port, self.credentials = self._process.stdout.readline().split()
        self.port = int(port)

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    @property
    def environment(self) -> dict[str, str]:
        return environment(f"http://127.0.0.1:{self.port}", self.credentials)

    def client(self, service: str) -> Any:
        return self._shared.client(service)


@pytest.fixture
def wire(sandbox: RunningSandbox) -> Iterator[FaultyWire]:
    found = FaultyWire(sandbox.environment["AWS_ENDPOINT_URL"], "/large")
    yield found
    found.close()


@pytest.fixture
def gcp(
    no_real_cloud: None,
    sandbox: RunningSandbox,
    wire: FaultyWire,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[OwnGcp]:
    own = OwnGcp(sandbox, tmp_path / "gcp", wire.url)
    own.start()
    for name, value in own.environment.items():
        monkeypatch.setenv(name, value)
    forget_session()
    yield own
    wire.released.set()
    own.kill()
    forget_session()


@pytest.fixture
def google(gcp: OwnGcp) -> Iterator[Google]:
    client = Google(gcp)
    yield client
    client.close()


def route(google: Google, name: str) -> Route:
    """A route with two small objects and a large one."""
    found = Route(google, name)
    found.put(a=b"1", b=b"22", large=LARGE)
    return found


def run_inputs(job: Any, name: str) -> dict[str, Any]:
    return {
        "project": "trimaran-local",
        "transferJobName": job["name"],
        "trigger": "1",
        "expectedUri": f"gs://{name}/out/large",
        "timeoutMinutes": 5,
    }


class Running:
    """A creation in a thread of its own; interrupted by ``cancelled``."""

    def __init__(self, inputs: dict[str, Any]) -> None:
        self.cancelled, self.outcome = threading.Event(), dict[str, Any]()
        self.error: InitializationFailedError | None = None
        self._inputs = inputs
        self._thread = threading.Thread(target=self._create)
        self._thread.start()

    def _create(self) -> None:
        try:
            context = Context(name="run", cancelled=self.cancelled)
            self.outcome = dict(TransferRunHandler().create(context, self._inputs)[1])
        except InitializationFailedError as error:
            self.error = error

    def ended(self) -> "Running":
        self._thread.join(120)
        assert not self._thread.is_alive()
        return self


def small_ones(route: Route) -> bool:
    return {"out/a", "out/b"} <= route.sink().keys()


def test_a_service_killed_while_it_copies_leaves_nothing_half_written_and_a_rerun_finishes(
    gcp: OwnGcp, google: Google, wire: FaultyWire, operation: Operation
) -> None:
    to = route(google, "killed-route")
    inputs = run_inputs(to.job(), "killed-route")
    running = Running(inputs)
    assert wire.begun.wait(60)
    eventually(lambda: small_ones(to), timeout=60)
    gcp.kill()
    running.cancelled.set()
    running.ended()
    assert running.error is not None
    left = dict(running.error.outputs)

    gcp.start()
    assert "out/large" not in to.sink()
    with pytest.raises(InitializationFailedError, match="goes on with it"):
        TransferRunHandler().read(operation.context, "i", left, inputs)
    wire.released.set()
    outputs = TransferRunHandler().update(operation.context, "i", left, inputs)
    assert to.sink() == {"out/a": b"1", "out/b": b"22", "out/large": LARGE}
    assert outputs["transferredUri"] == inputs["expectedUri"]
    bodies = [path for path in (gcp.state.root / "gcp" / "objects").rglob("*") if path.is_file()]
    assert len(bodies) == 3
    state = {**inputs, **outputs}
    assert TransferRunHandler().read(operation.context, "i", state, inputs) is not None


def test_an_interrupted_transfer_goes_on_and_is_waited_for_by_the_next_update(
    google: Google, wire: FaultyWire, operation: Operation
) -> None:
    to = route(google, "interrupted-route")
    inputs = run_inputs(to.job(), "interrupted-route")
    running = Running(inputs)
    assert wire.begun.wait(60)
    running.cancelled.set()
    error = running.ended().error
    assert error is not None
    assert "goes on in the cloud, and the next `pulumi up` waits for its end" in str(error)
    assert "out/large" not in to.sink()
    wire.released.set()
    outputs = TransferRunHandler().update(operation.context, "i", error.outputs, inputs)
    assert to.sink()["out/large"] == LARGE
    listed = google.call("GET", "/v1/transferOperations?filter=" + filter_of(inputs))
    names = [item["name"] for item in listed["operations"]]
    assert outputs["operationName"] in names
    assert len(names) <= 2


def filter_of(inputs: dict[str, Any]) -> str:
    return f'{{"projectId":"{inputs["project"]}","jobNames":["{inputs["transferJobName"]}"]}}'


def test_a_transfer_paused_by_somebody_is_shown_as_such_and_ends_after_its_resumption(
    google: Google, wire: FaultyWire
) -> None:
    to = route(google, "paused-route")
    inputs = run_inputs(to.job(), "paused-route")
    running = Running(inputs)
    assert wire.begun.wait(60)
    job = google.call("GET", f"/v1/{inputs['transferJobName']}?projectId=trimaran-local")
    name = job["latestOperationName"]
    google.call("POST", f"/v1/{name}:pause", {})
    wire.released.set()
    assert google.call("GET", f"/v1/{name}")["metadata"]["status"] == "PAUSED"
    assert "out/large" not in to.sink()
    google.call("POST", f"/v1/{name}:resume", {})
    assert running.ended().outcome["operationName"] == name
    assert to.sink()["out/large"] == LARGE


def test_a_transfer_that_is_deleted_while_it_copies_is_cancelled(
    google: Google, wire: FaultyWire, operation: Operation
) -> None:
    to = route(google, "cancelled-route")
    inputs = run_inputs(to.job(), "cancelled-route")
    running = Running(inputs)
    assert wire.begun.wait(60)
    running.cancelled.set()
    error = running.ended().error
    assert error is not None
    TransferRunHandler().delete(operation.context, "i", error.outputs)
    wire.released.set()
    name = error.outputs["operationName"]
    ended = to.finished({"name": name})
    assert ended["metadata"]["status"] == "ABORTED"
    assert "out/large" not in to.sink()
    TransferRunHandler().delete(operation.context, "i", error.outputs)  # ended: no error

    outputs = TransferRunHandler().update(operation.context, "i", error.outputs, inputs)
    assert outputs["operationName"] != name
    assert to.sink()["out/large"] == LARGE


def test_a_damaged_object_is_told_by_name_kept_out_and_copied_once_it_is_whole(
    google: Google, wire: FaultyWire, operation: Operation
) -> None:
    wire.damages = True
    to = route(google, "damaged-route")
    inputs = run_inputs(to.job(), "damaged-route")
    with pytest.raises(InitializationFailedError) as failure:
        TransferRunHandler().create(operation.context, inputs)
    assert "1 × DATA_LOSS: s3://damaged-route/in/large" in str(failure.value)
    assert "checksum" in str(failure.value)
    assert to.sink() == {"out/a": b"1", "out/b": b"22"}

    wire.damages = False
    wire.released.set()
    left = failure.value.outputs
    outputs = TransferRunHandler().update(operation.context, "i", left, inputs)
    assert (outputs["objectsCopied"], outputs["bytesCopied"]) == (1, len(LARGE))
    assert to.sink()["out/large"] == LARGE


def test_data_that_somebody_deleted_is_gone_on_refresh_and_brought_again(
    google: Google, wire: FaultyWire, operation: Operation
) -> None:
    wire.released.set()
    to = route(google, "emptied-route")
    inputs = run_inputs(to.job(), "emptied-route")
    handler = TransferRunHandler()
    resource_id, outputs = handler.create(operation.context, inputs)
    state = {**inputs, **outputs}
    assert handler.read(operation.context, resource_id, state, inputs) is not None
    httpx.delete(f"{google.url}/storage/v1/b/emptied-route/o/out%2Flarge").raise_for_status()
    assert handler.read(operation.context, resource_id, state, inputs) is None
    _, again = handler.create(operation.context, inputs)
    assert again["objectsCopied"] == 1
    assert call("storage", "GET", "/storage/v1/b/emptied-route/o/out%2Flarge")["size"]
