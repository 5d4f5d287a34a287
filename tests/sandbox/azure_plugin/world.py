"""What resources under test refer to, made through Resource Manager when a test first needs it."""

import functools
import itertools
from typing import Any

from sandbox.azure.environment import SUBSCRIPTION, TENANT
from sandbox.azure.plugin.cloud import Cloud
from tests.sandbox.conftest import SERVING_IMAGE

LOCATION = "westeurope"
_NUMBERS = itertools.count(1)
_VERSION = "2024-01-01"


class World:
    """Groups, vaults, accounts and networks of the sandbox under test."""

    def __init__(self, azure: Cloud) -> None:
        self.azure = azure

    def fresh(self, prefix: str) -> str:
        """A name that nothing has had: some names are not free again."""
        return f"{prefix}{next(_NUMBERS)}"

    def put(self, path: str, **body: Any) -> str:
        """Writes a resource below the group; returns its id."""
        place = f"{self.group_id}/providers/{path}"
        return str(self.azure.put(place, _VERSION, body)["id"])

    @functools.cached_property
    def group(self) -> str:
        return self.new_group("plugin-world")

    @functools.cached_property
    def other_group(self) -> str:
        return self.new_group("plugin-other")

    def new_group(self, name: str) -> str:
        path = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{name}"
        self.azure.put(path, _VERSION, {"location": LOCATION})
        return name

    @property
    def group_id(self) -> str:
        return f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{self.group}"

    @functools.cached_property
    def identity(self) -> str:
        return self.new_identity("plugin-world")

    def new_identity(self, name: str) -> str:
        path = f"Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
        return self.put(path, location=LOCATION)

    def principal(self, name: str) -> str:
        """The principal of a new identity."""
        found = self.azure.get(self.new_identity(name), _VERSION)
        return str(found["properties"]["principalId"])

    @functools.cached_property
    def vault(self) -> str:
        return self.new_vault("plugin-world")

    def new_vault(self, name: str) -> str:
        """A vault with purge protection, as storage accounts want it."""
        properties = {
            "tenantId": TENANT,
            "sku": {"name": "standard", "family": "A"},
            "enablePurgeProtection": True,
            "enableRbacAuthorization": True,
        }
        path = f"Microsoft.KeyVault/vaults/{name}"
        return self.put(path, location=LOCATION, properties=properties)

    @functools.cached_property
    def key(self) -> str:
        """The name of a key in :attr:`vault`."""
        path = "Microsoft.KeyVault/vaults/plugin-world/keys/plugin-world"
        assert self.vault
        self.put(path, properties={"kty": "RSA", "keySize": 2048})
        return "plugin-world"

    @functools.cached_property
    def account(self) -> str:
        """The name of a storage account."""
        path = "Microsoft.Storage/storageAccounts/pluginworld"
        self.put(path, location=LOCATION, kind="StorageV2", sku={"name": "Standard_LRS"})
        return "pluginworld"

    @property
    def account_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.Storage/storageAccounts/{self.account}"

    @functools.cached_property
    def logs(self) -> str:
        """The id of a Log Analytics workspace."""
        return self.put("Microsoft.OperationalInsights/workspaces/plugin-world", location=LOCATION)

    @functools.cached_property
    def insights(self) -> str:
        return self.put(
            "Microsoft.Insights/components/plugin-world",
            location=LOCATION,
            kind="web",
            properties={"Application_Type": "web", "WorkspaceResourceId": self.logs},
        )

    @functools.cached_property
    def network(self) -> str:
        """The name of a network."""
        return self.new_network("plugin-world")

    @functools.cached_property
    def other_network(self) -> str:
        return self.new_network("plugin-other")

    def new_network(self, name: str) -> str:
        properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}}
        path = f"Microsoft.Network/virtualNetworks/{name}"
        self.put(path, location=LOCATION, properties=properties)
        return name

    def network_id(self, name: str) -> str:
        return f"{self.group_id}/providers/Microsoft.Network/virtualNetworks/{name}"

    @functools.cached_property
    def subnet(self) -> str:
        """The id of a subnet."""
        path = f"Microsoft.Network/virtualNetworks/{self.network}/subnets/plugin-world"
        return self.put(path, properties={"addressPrefix": "10.0.1.0/24"})

    @functools.cached_property
    def other_subnet(self) -> str:
        path = f"Microsoft.Network/virtualNetworks/{self.network}/subnets/plugin-other"
        return self.put(path, properties={"addressPrefix": "10.0.2.0/24"})

    @functools.cached_property
    def security_group(self) -> str:
        path = "Microsoft.Network/networkSecurityGroups/plugin-world"
        return self.put(path, location=LOCATION, properties={})

    @functools.cached_property
    def zone(self) -> str:
        """The name of a private zone."""
        name = "privatelink.blob.core.windows.net"
        self.put(f"Microsoft.Network/privateDnsZones/{name}", location="global", properties={})
        return name

    @property
    def zone_id(self) -> str:
        return f"{self.group_id}/providers/Microsoft.Network/privateDnsZones/{self.zone}"

    @functools.cached_property
    def private_endpoint(self) -> str:
        """The name of a private endpoint."""
        path = "Microsoft.Network/privateEndpoints/plugin-world"
        connection = {
            "name": "c",
            "properties": {"privateLinkServiceId": self.account_id, "groupIds": ["blob"]},
        }
        properties = {
            "subnet": {"id": self.other_subnet},
            "privateLinkServiceConnections": [connection],
        }
        self.put(path, location=LOCATION, properties=properties)
        return "plugin-world"

    @functools.cached_property
    def workspace(self) -> str:
        """The name of a workspace."""
        self.put(
            "Microsoft.MachineLearningServices/workspaces/plugin-world",
            location=LOCATION,
            identity={"type": "UserAssigned", "userAssignedIdentities": {self.identity: {}}},
            properties={
                "storageAccount": self.account_id,
                "keyVault": self.vault,
                "applicationInsights": self.insights,
                "primaryUserAssignedIdentity": self.identity,
            },
        )
        return "plugin-world"

    @functools.cached_property
    def actions(self) -> str:
        """The id of an action group."""
        properties = {"groupShortName": "world"}
        path = "Microsoft.Insights/actionGroups/plugin-world"
        return self.put(path, location="global", properties=properties)

    @functools.cached_property
    def environment(self) -> str:
        """The id of an environment in which jobs run."""
        return self._environment(
            "plugin-world-jobs", "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:1"
        )

    @functools.cached_property
    def serving(self) -> str:
        """The id of an environment that serves at once."""
        return self._environment("plugin-world-serving", f"{SERVING_IMAGE}:1")

    def _environment(self, name: str, image: str) -> str:
        return self.put(
            f"Microsoft.MachineLearningServices/workspaces/{self.workspace}"
            f"/environments/{name}/versions/1",
            properties={"image": image},
        )

    @functools.cached_property
    def endpoint(self) -> str:
        """The name of an online endpoint."""
        self.put(
            f"Microsoft.MachineLearningServices/workspaces/{self.workspace}"
            "/onlineEndpoints/plugin-world",
            location=LOCATION,
            kind="Managed",
            identity={"type": "UserAssigned", "userAssignedIdentities": {self.identity: {}}},
            properties={"authMode": "Key"},
        )
        return "plugin-world"

    def asset(self, kind: str, name: str) -> str:
        """The name of a container of versions, such as ``data``."""
        path = f"Microsoft.MachineLearningServices/workspaces/{self.workspace}/{kind}/{name}"
        self.put(path, properties={"dataType": "uri_folder"} if kind == "data" else {})
        return name
