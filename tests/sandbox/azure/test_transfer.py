"""`make transfer … TO=az://…`: the stack's own lake, with the login that its environment has."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from tests.sandbox.azure.manager import Manager
from tests.sandbox.running import ROOT, RunningSandbox
from tools import transfer
from tools.errors import ToolError
from tools.stack import Stack

ADDRESS = ["s3://transferred-source/moved", "az://raw/by-hand"]


class UpStack(Stack):
    """A stack with these outputs and this environment."""

    def __init__(self, name: str, environ: Mapping[str, str], outputs: dict[str, Any]) -> None:
        super().__init__(name=name)
        self.__dict__.update(environ=dict(environ), told=outputs)

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        told: dict[str, Any] = self.__dict__["told"]
        return told


def test_objects_arrive_in_the_lake_of_the_stack(sandbox: RunningSandbox, manager: Manager) -> None:
    account = f"{manager.group('transferred')}/Microsoft.Storage/storageAccounts/transferred"
    made = manager.put(
        account,
        location="westeurope",
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
        properties={"allowSharedKeyAccess": False},
    )
    manager.put(f"{account}/blobServices/default/containers/raw", properties={})
    url = made["properties"]["primaryEndpoints"]["blob"]
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="transferred-source")
    s3.put_object(Bucket="transferred-source", Key="moved/one", Body=b"1" * 70_000)
    stack = UpStack("local", sandbox.environment, {"azure": {"storage": url}})
    variables = {**stack.environ, **transfer.sink_variables(stack, ADDRESS)}
    for expected in ("1 copied", "1 skipped"):
        ran = subprocess.run(
            [sys.executable, "-m", "transfer", *ADDRESS],
            cwd=ROOT,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stderr
        assert expected in ran.stdout


def test_an_account_that_is_named_goes_before_the_stacks_own() -> None:
    stack = UpStack("dev", {"AZURE_STORAGE_ACCOUNT": "mine"}, {"azure": {"storage": "https://a/"}})
    assert transfer.sink_variables(stack, ADDRESS) == {}


def test_other_clouds_ask_nothing_of_azure() -> None:
    stack = UpStack("dev", {}, {})
    assert transfer.sink_variables(stack, ["s3://a/b", "gs://c/d"]) == {}


@pytest.mark.parametrize(("name", "hint"), [("local", False), ("dev", True)])
def test_a_stack_without_azure_says_what_to_do(name: str, hint: bool) -> None:
    with pytest.raises(ToolError, match=f"stack {name} has no lake in Azure") as raised:
        transfer.sink_variables(UpStack(name, {}, {"aws": {}}), ADDRESS)
    assert ("AZURE_STORAGE_ACCOUNT" in str(raised.value)) is hint
