"""Two clouds of a sandbox with wires to them, and a bucket on each side for every test."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config
from google.cloud import storage

from tests.sandbox.running import RunningSandbox
from tests.transfer.wire import Wire
from transfer import Listener, Outcome, Report, transfer


@pytest.fixture(scope="session")
def two_clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A running sandbox shared by the tests of transfers."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SANDBOX_")]:
            patch.delenv(name)
        patch.setenv("SANDBOX_PLUGINS", "off")
        running = RunningSandbox(tmp_path_factory.mktemp("transfer") / "state")
        running.start()
        try:
            yield running
        finally:
            running.stop()
    left = running.processes()
    assert not left, f"the sandbox left processes behind: {left}"


class Heard(Listener):
    """Remembers what a run told."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.notices: list[str] = []
        self.total = self.bytes = 0

    def found(self, size: int) -> None:
        self.total += size

    def moved(self, size: int) -> None:
        self.bytes += size

    def finished(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def notice(self, text: str) -> None:
        self.notices.append(text)


@dataclass
class Route:
    """A bucket of S3 and one of Cloud Storage; clients past the wires, transfers through them."""

    name: str
    s3: Any
    gcs: Any
    s3_wire: Wire
    gcs_wire: Wire
    google_url: str

    @property
    def source(self) -> str:
        return f"s3://{self.name}/in"

    @property
    def target(self) -> str:
        return f"gs://{self.name}/out"

    def put(self, name: str, data: bytes, **more: Any) -> None:
        self.s3.put_object(Bucket=self.name, Key=f"in/{name}", Body=data, **more)

    def put_unchecked(self, name: str, data: bytes) -> None:
        """An object of which S3 has no checksum but its ETag."""
        client = boto3.client("s3", config=Config(request_checksum_calculation="when_required"))
        client.put_object(Bucket=self.name, Key=f"in/{name}", Body=data)
        client.close()

    def run(self, **options: Any) -> tuple[Report, Heard]:
        heard = Heard()
        source = options.pop("source", self.source)
        target = options.pop("target", self.target)
        return transfer(source, target, listener=heard, **options), heard

    def blob(self, name: str) -> Any:
        return self.gcs.get_blob(f"out/{name}")

    def names(self) -> list[str]:
        """Everything in the sink's bucket, hidden parts and old generations too."""
        return sorted(blob.name for blob in self.gcs.list_blobs(versions=True))

    def content(self, name: str) -> bytes:
        return bytes(self.blob(name).download_as_bytes())


@pytest.fixture
def route(two_clouds: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Route]:
    """A route of this test's own; the environment leads through its wires."""
    environment = two_clouds.environment
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    name = f"transfer-{uuid.uuid4().hex[:12]}"
    s3 = two_clouds.client("s3")
    s3.create_bucket(Bucket=name)
    google_url = environment["STORAGE_EMULATOR_HOST"]
    client = storage.Client()
    bucket = client.bucket(name)
    client.create_bucket(bucket)
    s3_wire, gcs_wire = Wire(environment["AWS_ENDPOINT_URL"]), Wire(google_url)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_wire.url)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", gcs_wire.url)
    yield Route(name, s3, bucket, s3_wire, gcs_wire, google_url)
    client.close()
    s3_wire.close()
    gcs_wire.close()
