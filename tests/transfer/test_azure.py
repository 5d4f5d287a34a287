"""To Azure Blob Storage, on a real Azurite."""

import base64
import os
import secrets
import subprocess
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient

from sandbox.azure.blobs import place
from tests.sandbox.running import eventually
from tests.transfer.conftest import Route
from tests.transfer.wire import Exchange, Hook, Wire
from transfer import Kind
from transfer.cli import main
from transfer.errors import ChecksumMismatch

PART = 64 * 1024
MAIN = "dist/src/blob/main.js"


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Address of an account and its key."""
    package, node = place.azurite(), place.node()
    if package is None or node is None:
        pytest.skip("Azurite is not set up")
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = tmp_path_factory.mktemp("azurite")
    key = base64.b64encode(secrets.token_bytes(64)).decode()
    options = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(data)]
    flags = ["--silent", "--skipApiVersionCheck", "--disableTelemetry", "--disableProductStyleUrl"]
    with (Path(data) / "log").open("wb") as log:
        process = subprocess.Popen(
            [node, str(package / MAIN), *options, *flags],
            env={**os.environ, "AZURITE_ACCOUNTS": f"account:{key}"},
            stdout=log,
            stderr=log,
            cwd=data,
        )
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        assert process.poll() is None, (Path(data) / "log").read_text()
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False
        return True

    try:
        eventually(answers, timeout=90)
        yield url, key
    finally:
        process.terminate()
        process.wait(30)


@dataclass
class AzureRoute:
    """The source of a Route, and a container behind a wire."""

    s3: Route
    container: Any
    wire: Wire

    @property
    def target(self) -> str:
        return f"az://{self.container.container_name}/out"

    def run(self, **options: Any) -> Any:
        return self.s3.run(target=self.target, **options)

    def names(self) -> list[str]:
        """Objects, and those that have blocks which are not committed."""
        listed = self.container.list_blobs(include=["uncommittedblobs"])
        return sorted(blob.name for blob in listed)

    def blocks(self, name: str) -> int:
        return len(self.blob(name).get_block_list("uncommitted")[1])

    def blob(self, name: str) -> Any:
        return self.container.get_blob_client(f"out/{name}")

    def content(self, name: str) -> bytes:
        return bytes(self.blob(name).download_blob().readall())


@pytest.fixture
def azure(
    route: Route, azurite: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[AzureRoute]:
    url, key = azurite
    words = (
        "DefaultEndpointsProtocol=http;AccountName=account;AccountKey={};BlobEndpoint={}/account"
    )
    service = BlobServiceClient.from_connection_string(words.format(key, url))
    container = service.create_container(f"c{uuid.uuid4().hex[:12]}")
    wire = Wire(url)
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", words.format(key, wire.url))
    yield AzureRoute(route, container, wire)
    container.close()
    service.close()
    wire.close()


@pytest.mark.parametrize("size", [0, 1000, PART + 1, 7 * PART + 5])
def test_objects_arrive_whole_and_described_and_once(azure: AzureRoute, size: int) -> None:
    data = os.urandom(size)
    name = "ünï cödé/a b#1"
    azure.s3.put(name, data, ContentType="text/x", CacheControl="no-store", Metadata={"a-b": "c"})
    report, heard = azure.run(part_size=PART)
    assert report.complete, report.failures
    assert heard.outcomes[0].checked == "CRC32"
    assert azure.content(name) == data
    properties = azure.blob(name).get_blob_properties()
    assert properties.content_settings.content_type == "text/x"
    assert properties.content_settings.cache_control == "no-store"
    assert properties.metadata["a_b"] == "c"
    assert azure.names() == [f"out/{name}"]
    report, _ = azure.run(part_size=PART)
    assert (report.counts[Kind.SKIPPED], report.moved) == (1, 0)
    assert azure.blob(name).get_blob_properties().etag == properties.etag


def test_a_failed_run_is_gone_on_with_and_a_changed_source_begun_anew(azure: AzureRoute) -> None:
    data = os.urandom(5 * PART)
    azure.s3.put("large", data)

    class FailsLater(Hook):
        seen = 0

        def request(self, exchange: Exchange) -> None:
            self.seen += "range" in exchange.headers
            if self.seen > 3:
                exchange.answers(403, b"<Error><Code>AccessDenied</Code></Error>")

    azure.s3.s3_wire.hook = FailsLater()
    report, _ = azure.run(part_size=PART, jobs=1)
    assert report.failures
    assert not azure.blob("large").exists()
    assert azure.blocks("large") == 3
    azure.s3.s3_wire.hook = Hook()
    report, heard = azure.run(part_size=PART)
    assert report.complete, report.failures
    assert report.moved == 2 * PART
    assert "60 % is there" in heard.notices[0]
    assert azure.content("large") == data

    azure.s3.put("large", os.urandom(5 * PART))
    azure.s3.s3_wire.hook = FailsLater()
    azure.run(part_size=PART, jobs=1)
    newest = os.urandom(5 * PART)
    azure.s3.put("large", newest)
    azure.s3.s3_wire.hook = Hook()
    report, heard = azure.run(part_size=PART)
    assert report.moved == len(newest)
    assert "changed since a run that did not end" in heard.notices[0]
    assert azure.content("large") == newest


def test_damage_from_s3_is_noticed_and_the_damaged_blocks_are_never_used(
    azure: AzureRoute,
) -> None:
    data = os.urandom(3 * PART)
    azure.s3.put("large", data)

    class FlipsABit(Hook):
        def answer(self, exchange: Exchange) -> None:
            if "range" in exchange.headers:
                exchange.answer = bytes([exchange.answer[0] ^ 1]) + exchange.answer[1:]

    for _ in range(2):
        azure.s3.s3_wire.hook = FlipsABit()
        report, _ = azure.run(part_size=PART)
        assert isinstance(report.failures[0].error, ChecksumMismatch)
        assert not azure.blob("large").exists()
    azure.s3.s3_wire.hook = Hook()
    report, _ = azure.run(part_size=PART)
    assert report.moved == len(data)
    assert azure.content("large") == data


@pytest.mark.parametrize("size", [1000, 3 * PART])
def test_damage_to_azure_is_refused_by_azure(azure: AzureRoute, size: int) -> None:
    azure.s3.put("object", os.urandom(size))

    class FlipsABit(Hook):
        def request(self, exchange: Exchange) -> None:
            if exchange.method == "PUT" and exchange.headers.get("content-md5"):
                exchange.sent = bytes([exchange.sent[0] ^ 1]) + exchange.sent[1:]

    azure.wire.hook = FlipsABit()
    report, _ = azure.run(part_size=PART)
    assert isinstance(report.failures[0].error, ChecksumMismatch), report.failures
    assert not azure.blob("object").exists()


def test_somebody_elses_new_object_is_not_overwritten(azure: AzureRoute) -> None:
    azure.s3.put("large", os.urandom(3 * PART))

    class Writes(Hook):
        done = False

        def request(self, exchange: Exchange) -> None:
            if "range" in exchange.headers and not self.done:
                self.done = True
                azure.blob("large").upload_blob(b"theirs")

    azure.s3.s3_wire.hook = Writes()
    report, _ = azure.run(part_size=PART, jobs=1)
    assert "written by somebody else" in str(report.failures[0].error)
    assert azure.content("large") == b"theirs"


def test_an_encryption_scope_is_asked_for(azure: AzureRoute) -> None:
    azure.s3.put("small", b"1")
    azure.s3.put("large", os.urandom(3 * PART))
    azure.run(part_size=PART, kms_key="scope")
    written = [each for each in azure.wire.exchanges if each.method == "PUT"]
    assert written
    assert {each.headers.get("x-ms-encryption-scope") for each in written} == {"scope"}


def test_what_cannot_begin_is_said(
    azure: AzureRoute, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([azure.s3.source, "az://missing/x"]) == 3
    assert "az://missing: there is no such container" in capsys.readouterr().err
    assert main(["--discard-unfinished", azure.target]) == 3
    assert "a week" in capsys.readouterr().err

    class Refuses(Hook):
        def request(self, exchange: Exchange) -> None:
            if exchange.method == "PUT":
                exchange.answers(403, b"")

    azure.wire.hook = Refuses()
    azure.s3.put("a", b"1")
    assert main([azure.s3.source, azure.target]) == 3
    assert "Storage Blob Data Contributor" in capsys.readouterr().err
    monkeypatch.delenv("AZURE_STORAGE_CONNECTION_STRING")
    assert main([azure.s3.source, azure.target]) == 3
    assert "AZURE_STORAGE_ACCOUNT" in capsys.readouterr().err
