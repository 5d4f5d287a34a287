"""A resource group with a lake in the sandbox's Azure, as the program makes them."""

from collections.abc import Mapping
from typing import Any

from components.azure.runs.cloud import ML_API_VERSION, call
from components.azure.runs.operations import change
from components.runs.polling import Polling
from plugin.provider import Context

REGION = "westeurope"
_PROVIDERS = "providers/Microsoft."


IMAGE = "mcr.microsoft.com/azureml/curated/sklearn-1.5:1"


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

    def delete(self, path: str) -> None:
        """Deletes a resource and waits until it is gone."""
        polling = Polling(Context(name=path), path, limit=120)
        change(polling, "DELETE", path, doing="deleting")

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

    def open_workspace(self, tenant: str) -> None:
        """Makes the workspace with data stores, a cluster and an environment called ``sklearn``."""
        vault = f"{self.group}/{_PROVIDERS}KeyVault/vaults/{self.name}"
        properties: dict[str, Any] = {
            "tenantId": tenant,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
        }
        self.put(vault, {"location": REGION, "properties": properties}, version="2024-11-01")
        properties = {"storageAccount": self.account, "keyVault": vault}
        body = {
            "location": REGION,
            "identity": {"type": "SystemAssigned"},
            "properties": {**properties, "systemDatastoresAuthMode": "Identity"},
        }
        self.put(self.workspace, body)
        for container in ("raw", "processed", "artefacts"):
            properties = {
                "datastoreType": "AzureBlob",
                "accountName": self.name,
                "containerName": container,
                "endpoint": "core.windows.net",
                "protocol": "https",
                "credentials": {"credentialsType": "None"},
            }
            self.put(f"{self.workspace}/datastores/{container}", {"properties": properties})
        environment = f"{self.workspace}/environments/sklearn"
        self.put(environment, {"properties": {}})
        properties = {"image": IMAGE, "osType": "Linux"}
        self.put(f"{environment}/versions/1", {"properties": properties})

    def register_code(self, url: str) -> str:
        """A version of code that is the folder at ``url``; its id."""
        name = url.rsplit("/", 1)[-1]
        self.put(f"{self.workspace}/codes/{name}", {"properties": {}})
        version = f"{self.workspace}/codes/{name}/versions/1"
        self.put(version, {"properties": {"codeUri": url}})
        return version

    def start(self, name: str, properties: Mapping[str, Any]) -> str:
        """Starts a job and returns its id."""
        job_id = f"{self.workspace}/jobs/{name}"
        call("PUT", job_id, body={"properties": {"experimentName": self.name, **properties}})
        return job_id

    def command(self, code_id: str, command: str, **properties: Any) -> dict[str, Any]:
        """A command job in the environment ``sklearn``."""
        return {
            "jobType": "Command",
            "command": command,
            "codeId": code_id,
            "environmentId": f"{self.workspace}/environments/sklearn/versions/1",
            **properties,
        }


def read_folder(store: str, path: str) -> dict[str, str]:
    """An input: a folder of a data store."""
    uri = f"azureml://datastores/{store}/paths/{path}/"
    return {"jobInputType": "uri_folder", "mode": "ReadOnlyMount", "uri": uri}


def written_folder(store: str, path: str) -> dict[str, str]:
    """An output: a folder of a data store."""
    uri = f"azureml://datastores/{store}/paths/{path}/"
    return {"jobOutputType": "uri_folder", "mode": "ReadWriteMount", "uri": uri}
