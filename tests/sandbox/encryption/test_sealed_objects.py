"""The resource that seals and stores, on each cloud's storage and key service."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest

from components.aws.runs.cloud import forget_clients as forget_aws
from components.azure.runs.cloud import forget_clients as forget_azure
from components.gcp.runs.cloud import forget_session as forget_gcp
from components.packaging import file_sha256
from components.runs.polling import Polling
from components.runs.sealed_object import SealedObjectHandler
from plugin.handler import ResourceFailedError
from plugin.provider import Context
from tests.sandbox.encryption.conftest import Run
from tests.sandbox.running import RunningSandbox

CLOUDS = ("aws", "gcp", "azure")
CONTEXT = {"dataset": "penguins", "purpose": "training"}
FOR = ("--dataset", "penguins", "--purpose", "training")
PLAIN = b"species,island\nAdelie,Torgersen\n" * 1000
Keys = dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Place:
    """Where one cloud's object is."""

    cloud: str
    uri: str

    @property
    def store(self) -> Any:
        return import_module(f"components.{self.cloud}.runs.objects")

    def content(self) -> bytes | None:
        found: bytes | None = self.store.first_bytes(self.uri, 2**20, {})
        return found

    def put(self, file: Path) -> None:
        self.store.put(Polling(Context(name="put"), self.uri), self.uri, file, {})


@pytest.fixture(scope="module")
def uris(encryption_sandbox: RunningSandbox) -> dict[str, str]:
    """A bucket in each cloud."""
    encryption_sandbox.client("s3").create_bucket(Bucket="sealed-raw")
    environment = encryption_sandbox.environment
    with httpx.Client(base_url=environment["GOOGLE_CLOUD_ENDPOINT_URL"]) as http:
        body = {"name": "sealed-raw", "location": "US-CENTRAL1"}
        http.post("/storage/v1/b?project=trimaran-local", json=body).raise_for_status()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        forget_azure()
        from tests.sandbox.runs.azure_place import AzurePlace

        account = AzurePlace(environment["ARM_SUBSCRIPTION_ID"], "sealedobjects").account_url
        forget_azure()
    name = "penguins/penguins.csv.sealed"
    return {
        "aws": f"s3://sealed-raw/{name}",
        "gcp": f"gs://sealed-raw/{name}",
        "azure": f"{account.rstrip('/')}/raw/{name}",
    }


@pytest.fixture(params=CLOUDS)
def place(
    request: pytest.FixtureRequest,
    uris: dict[str, str],
    encryption_sandbox: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Place]:
    for name, value in encryption_sandbox.environment.items():
        monkeypatch.setenv(name, value)
    forgetting = (forget_aws, forget_gcp, forget_azure)
    for forget in forgetting:
        forget()
    yield Place(request.param, uris[request.param])
    for forget in forgetting:
        forget()


@pytest.fixture
def inputs(place: Place, keys: Keys, tmp_path: Path) -> dict[str, Any]:
    source = tmp_path / "penguins.csv"
    source.write_bytes(PLAIN)
    return {
        "uri": place.uri,
        "source": str(source),
        "sha256": file_sha256(source),
        "keyId": keys[place.cloud][0],
        "context": CONTEXT,
        "region": None,
        "storageKeyId": None,
    }


def test_what_is_stored_is_sealed_read_back_changed_and_deleted(
    place: Place, inputs: dict[str, Any], keys: Keys, run: Run, tmp_path: Path
) -> None:
    handler, context = SealedObjectHandler(), Context(name="sealed")
    resource_id, outputs = handler.create(context, inputs)
    outputs = {**inputs, **outputs}
    stored = place.content()
    assert stored is not None
    assert b"Torgersen" not in stored
    assert "Torgersen" not in str(outputs)
    copy = tmp_path / "copy"
    copy.write_bytes(stored)
    run("decrypt", copy, tmp_path / "opened", "--key", inputs["keyId"], *FOR)
    assert (tmp_path / "opened").read_bytes() == PLAIN

    assert handler.read(context, resource_id, outputs, inputs) is not None
    for changed in ({"context": {**CONTEXT, "purpose": "other"}}, {"keyId": keys[place.cloud][1]}):
        # The state says so; what lies there does not.
        assert handler.read(context, resource_id, {**outputs, **changed}, inputs) is None

    new = {**inputs, "keyId": keys[place.cloud][1]}
    handler.update(context, resource_id, outputs, new)
    assert handler.read(context, resource_id, outputs, inputs) is None
    assert handler.read(context, resource_id, {**outputs, **new}, new) is not None

    place.put(Path(inputs["source"]))
    assert handler.read(context, resource_id, {**outputs, **new}, new) is None
    handler.delete(context, resource_id, outputs)
    assert place.content() is None
    assert handler.read(context, resource_id, outputs, inputs) is None
    handler.delete(context, resource_id, outputs)


def test_a_failure_names_the_object_and_stores_nothing(
    place: Place, inputs: dict[str, Any]
) -> None:
    handler, context = SealedObjectHandler(), Context(name="sealed")
    missing = f"{inputs['keyId'][:-4]}none"
    wrong: tuple[tuple[dict[str, Any], str], ...] = (
        ({"keyId": missing}, f"{place.uri} was not sealed"),
        ({"source": "data/none.csv"}, "data/none.csv does not exist"),
        ({"sha256": "0" * 64}, "changed since the program read it"),
    )
    for change, said in wrong:
        with pytest.raises(ResourceFailedError) as refused:
            handler.create(context, {**inputs, **change})
        assert said in str(refused.value)
        assert place.content() is None
