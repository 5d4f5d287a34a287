"""An object of S3 on its way to Azure's lake: whole, gone on with, and nobody else's."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from components.azure.runs.blob_upload import BlobUploadHandler
from components.azure.runs.blobs import blob_client
from components.azure.runs.cloud import forget_clients
from components.azure.runs.transfer_run import TransferRunHandler
from components.packaging import ROOT, file_sha256
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.values import UNKNOWN
from tests.sandbox.running import RunningSandbox
from tests.sandbox.runs.azure_place import AzurePlace
from tests.sandbox.runs.conftest import Operation

HANDLER = TransferRunHandler()
BUCKET = "azure-transfer-source"
TABLE = ROOT / "data/penguins.csv"


@pytest.fixture(scope="module")
def place(sandbox: RunningSandbox) -> Iterator[AzurePlace]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in sandbox.environment.items():
            patch.setenv(name, value)
        forget_clients()
        sandbox.client("s3").create_bucket(Bucket=BUCKET)
        yield AzurePlace(sandbox.environment["ARM_SUBSCRIPTION_ID"], "transfers")
        forget_clients()


@pytest.fixture(autouse=True)
def _reached(no_real_cloud: None, sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test loses the environment that the module's fixtures had: here it is again."""
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)


def inputs(place: AzurePlace, sandbox: RunningSandbox, name: str, data: bytes) -> dict[str, Any]:
    """A run that brings ``data``, which is in S3 now, to a blob of this name."""
    sandbox.client("s3").put_object(
        Bucket=BUCKET, Key=name, Body=data, ContentType="text/csv", ServerSideEncryption="aws:kms"
    )
    return {
        "sourceUri": f"s3://{BUCKET}/{name}",
        "sourceRegion": "us-east-1",
        "accountUrl": place.account_url,
        "container": "raw",
        "path": f"penguins/{name}",
        "trigger": "1",
    }


def content(url: str) -> bytes:
    return bytes(blob_client(url).download_blob().readall())


def test_a_table_arrives_whole_with_its_type_and_goes_again(
    place: AzurePlace, sandbox: RunningSandbox, operation: Operation
) -> None:
    given = inputs(place, sandbox, "whole.csv", TABLE.read_bytes())
    url, outputs = HANDLER.create(operation.context, given)
    assert content(url) == TABLE.read_bytes()
    properties = blob_client(url).get_blob_properties()
    assert properties.content_settings.content_type == "text/csv"
    assert outputs == {
        "url": url,
        "transferredUrl": url,
        "etag": properties.etag,
        "bytesCopied": TABLE.stat().st_size,
    }
    state = {**given, **outputs}
    assert HANDLER.read(operation.context, url, state, given) is not None
    assert HANDLER.update(operation.context, url, state, given)["bytesCopied"] == 0
    HANDLER.delete(operation.context, url, state)
    assert HANDLER.read(operation.context, url, state, given) is None
    HANDLER.delete(operation.context, url, state)  # gone already: no error


def test_changed_data_takes_the_place_of_the_old(
    place: AzurePlace, sandbox: RunningSandbox, operation: Operation
) -> None:
    given = inputs(place, sandbox, "changed.csv", b"a,b\n1,2\n")
    url, outputs = HANDLER.create(operation.context, given)
    changed = {**inputs(place, sandbox, "changed.csv", b"a,b\n3,4\n5,6\n"), "trigger": "2"}
    again = HANDLER.update(operation.context, url, {**given, **outputs}, changed)
    assert content(url) == b"a,b\n3,4\n5,6\n"
    assert again["etag"] != outputs["etag"]


def test_an_interrupted_run_shows_nothing_and_the_next_one_goes_on(
    place: AzurePlace, sandbox: RunningSandbox, operation: Operation
) -> None:
    data = os.urandom(20 << 20)
    given = inputs(place, sandbox, "large.csv", data)
    stopped = Operation()
    stopped.context.cancelled.set()
    with pytest.raises(OperationInterruptedError, match="goes on from the last finished part"):
        HANDLER.create(stopped.context, given)
    blob = blob_client(f"{place.account_url}raw/penguins/large.csv")
    assert not blob.exists()
    assert blob.get_block_list("uncommitted")[1]
    url, _ = HANDLER.create(operation.context, given)
    assert any("is there from an earlier run" in line for line in operation.lines)
    assert content(url) == data


def test_upload_and_transfer_leave_each_others_file(
    place: AzurePlace, sandbox: RunningSandbox, operation: Operation
) -> None:
    """AWS is switched on or off: the new file is there before the old resource goes."""
    context = operation.context
    given = inputs(place, sandbox, "table.csv", TABLE.read_bytes())
    names = ("accountUrl", "container", "path")
    uploaded = {name: given[name] for name in names} | {
        "source": "data/penguins.csv",
        "sha256": file_sha256(TABLE),
    }
    upload = BlobUploadHandler()
    url, before = upload.create(context, uploaded)
    _, transferred = HANDLER.create(context, given)
    upload.delete(context, url, {**uploaded, **before})
    assert content(url) == TABLE.read_bytes()
    _, again = upload.create(context, uploaded)
    HANDLER.delete(context, url, {**given, **transferred})
    assert content(url) == TABLE.read_bytes()
    upload.delete(context, url, {**uploaded, **again})
    assert not blob_client(url).exists()


def test_what_is_missing_is_named_with_its_remedy(
    place: AzurePlace, sandbox: RunningSandbox, operation: Operation
) -> None:
    given = inputs(place, sandbox, "any.csv", b"1")
    for changes, words in (
        ({"sourceUri": f"s3://{BUCKET}/nothing.csv"}, r"nothing at s3://.*look at the prefix"),
        ({"sourceUri": "s3://no-such-bucket-here/t.csv"}, r"there is no such bucket.*aws s3 ls"),
        ({"container": "nowhere"}, r"there is no such container"),
    ):
        with pytest.raises(ResourceFailedError, match=words):
            HANDLER.create(operation.context, {**given, **changes})


def test_the_address_is_known_in_previews_as_far_as_its_parts_are() -> None:
    given = {
        "sourceUri": UNKNOWN,
        "sourceRegion": "us-east-1",
        "accountUrl": "https://lake/",
        "container": "raw",
        "path": "t/t.csv",
        "trigger": "1",
    }
    previewed = HANDLER.preview_create(given)
    assert previewed["transferredUrl"] == previewed["url"] == "https://lake/raw/t/t.csv"
    assert previewed["etag"] is UNKNOWN
    assert HANDLER.preview_create({**given, "accountUrl": UNKNOWN})["url"] is UNKNOWN
