"""A resource group with a lake in the sandbox's Azure, as the program makes them."""

from collections.abc import Mapping
from typing import Any

from components.azure.runs.cloud import ML_API_VERSION, call
from components.azure.runs.operations import change
from components.runs.polling import Polling
from plugin.provider import Context

REGION = "westeurope"
_PROVIDERS = "providers/Microsoft."


class AzurePlace:
    """Everything in it is under one resource group; names are those of the test module."""

    def __init__(self, subscription: str, name: str) -> None:
        self.name = name
        self.group = f"/subscriptions/{subscription}/resourceGroups/{name}"
        self.account = f"{self.group}/{_PROVIDERS}Storage/storageAccounts/{name}"
        self.workspace = f"{self.group}/{_PROVIDERS}MachineLearningServices/workspaces/{name}"
        self.put(self.group, {"location": REGION}, version="2024-03-01")
        self.account_url = self._account()

    def put(self, path: str, body: Mapping[str, Any], *, version: str = ML_API_VERSION) -> Any:
        """Writes a resource and waits for the end of it; returns it as it is then."""
        query = {"api-version": version}
        polling = Polling(Context(name=path), path, limit=120)
        change(polling, "PUT", path, body=body, query=query, doing="making")
        return call("GET", path, query=query)

    def _account(self) -> str:
        body = {
            "location": REGION,
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "properties": {"allowSharedKeyAccess": False},
        }
        account = self.put(self.account, body, version="2024-01-01")
        for container in ("azureml", "raw", "processed", "artefacts"):
            path = f"{self.account}/blobServices/default/containers/{container}"
            self.put(path, {"properties": {"publicAccess": "None"}}, version="2024-01-01")
        return str(account["properties"]["primaryEndpoints"]["blob"])
