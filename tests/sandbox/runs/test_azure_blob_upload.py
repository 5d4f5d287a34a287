"""Uploads to the sandbox's blob storage, with the identity that the sandbox gives."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.azure.runs.blob_upload import BlobUploadHandler
from components.azure.runs.blobs import blob_client, file_digest
from components.azure.runs.cloud import forget_clients
from components.packaging import file_sha256, pack_modules
from plugin.handler import ResourceFailedError
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.azure_place import AzurePlace
from tests.sandbox.runs.conftest import Operation

ROOT = Path(__file__).parents[3]
TABLE = "data/penguins.csv"
HANDLER = BlobUploadHandler()


@pytest.fixture(scope="module")
def place(sandbox: RunningSandbox) -> Iterator[AzurePlace]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        forget_clients()
        yield AzurePlace(sandbox.environment["ARM_SUBSCRIPTION_ID"], "uploads")
        forget_clients()


@pytest.fixture(autouse=True)
def _reached(no_real_cloud: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test loses the environment that the module's fixtures had: here it is again."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


def inputs(place: AzurePlace, **changes: Any) -> dict[str, Any]:
    base = {
        "accountUrl": place.account_url,
        "container": "raw",
        "path": "penguins/penguins.csv",
        "source": TABLE,
        "sha256": file_sha256(ROOT / TABLE),
        "contentType": "text/csv",
    }
    return {**base, **changes}


def test_a_table_arrives_whole_with_its_type_and_goes_again(
    place: AzurePlace, operation: Operation
) -> None:
    given = inputs(place)
    url, outputs = HANDLER.create(operation.context, given)
    assert file_digest(url, max_bytes=10**6, remedy="") == given["sha256"]
    settings = blob_client(url).get_blob_properties().content_settings
    assert settings.content_type == "text/csv"
    state = {**given, **outputs}
    assert HANDLER.read(operation.context, url, state, given) is not None
    HANDLER.delete(operation.context, url, state)
    assert HANDLER.read(operation.context, url, state, given) is None


def test_code_arrives_as_a_folder(place: AzurePlace, operation: Operation) -> None:
    archive = pack_modules(ROOT / "model_code")
    given = inputs(
        place,
        container="artefacts",
        path="code/1",
        source=str(archive.path),
        sha256=archive.sha256,
        unpack=True,
        contentType=None,
    )
    url, outputs = HANDLER.create(operation.context, given)
    assert "code/1/train.py" in outputs["etags"]
    content = blob_client(f"{url}/train.py").download_blob().readall()
    assert content == (ROOT / "model_code" / "train.py").read_bytes()
    HANDLER.delete(operation.context, url, {**given, **outputs})
    assert not blob_client(f"{url}/train.py").exists()


def test_a_container_that_is_not_there_is_named(place: AzurePlace, operation: Operation) -> None:
    with pytest.raises(ResourceFailedError, match=r"nowhere.*ContainerNotFound"):
        HANDLER.create(operation.context, inputs(place, container="nowhere"))
