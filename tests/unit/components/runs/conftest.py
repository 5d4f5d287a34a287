"""An operation's context that does not sleep, and boto3 clients with prepared answers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from components.aws.runs import cloud
from components.azure.runs.cloud import forget_clients
from plugin.handler import OperationInterruptedError
from plugin.provider import Context
from tests.unit.components.runs.azure_wire import AzureWire

REGION = "eu-central-1"


@dataclass(frozen=True, kw_only=True)
class RecordingContext(Context):
    """Keeps what an operation reports; ``interrupt_after`` pauses it behaves as if cancelled."""

    lines: list[tuple[str, str]] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    interrupt_after: int | None = None

    def progress(self, message: str) -> None:
        self.lines.append(("progress", message))

    def info(self, message: str) -> None:
        self.lines.append(("info", message))

    def warn(self, message: str) -> None:
        self.lines.append(("warning", message))

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self.interrupt_after is not None and len(self.pauses) > self.interrupt_after:
            raise OperationInterruptedError("interrupted")

    def said(self, kind: str) -> list[str]:
        return [text for found, text in self.lines if found == kind]


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext(name="subject")


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Stubber]]:
    """``aws("glue")`` is the Stubber of the client that the handlers get; all must be used up."""
    stubbers: dict[str, Stubber] = {}
    clients: dict[tuple[str, str | None], Any] = {}
    monkeypatch.setattr(cloud, "_clients", clients)

    def stub(service: str) -> Stubber:
        if service not in stubbers:
            client = boto3.client(
                service, region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b"
            )
            clients[service, REGION] = client
            stubbers[service] = Stubber(client)
            stubbers[service].activate()
        return stubbers[service]

    for service in ("logs", "s3"):
        stub(service)
    yield stub
    for stubber in stubbers.values():
        stubber.assert_no_pending_responses()


@pytest.fixture
def log_lines(aws: Callable[[str], Stubber]) -> Callable[..., None]:
    """Prepares the answers to one look at a log: ``log_lines(group, prefix, lines)``."""

    def prepare(group: str, prefix: str, lines: list[str]) -> None:
        logs = aws("logs")
        streams = [{"logStreamName": f"{prefix}one"}] if lines else []
        newest = {"orderBy": "LastEventTime", "descending": True}
        logs.add_response(
            "describe_log_streams",
            {"logStreams": streams},
            {"logGroupName": group, **({"logStreamNamePrefix": prefix} if prefix else newest)},
        )
        if lines:
            events = [{"timestamp": 1, "message": f"{line}\n"} for line in lines]
            logs.add_response("get_log_events", {"events": events})

    return prepare


@pytest.fixture(scope="session")
def _azure_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AzureWire]:
    servers = AzureWire(tmp_path_factory.mktemp("azure"))
    yield servers
    servers.close()


@pytest.fixture
def azure(
    _azure_servers: AzureWire, no_real_cloud: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[AzureWire]:
    """Azure as the handlers reach it: nothing prepared, no blobs."""
    for name, value in _azure_servers.environment.items():
        monkeypatch.setenv(name, value)
    _azure_servers.clear()
    forget_clients()
    yield _azure_servers
    forget_clients()


def streaming(data: bytes) -> StreamingBody:
    from io import BytesIO

    return StreamingBody(BytesIO(data), len(data))


NOW = datetime(2026, 1, 1, tzinfo=UTC)
