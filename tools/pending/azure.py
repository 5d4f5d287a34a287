"""What a killed run created in Azure: found by the id that its inputs make.

The engine had written down every input, the names that the provider made up too.
"""

import re
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.errors import ToolError
from tools.pending.existing import Existing

Inputs = Mapping[str, Any]

_SUBSCRIPTION: Final = "/subscriptions/{subscriptionId}"
_GROUP: Final = f"{_SUBSCRIPTION}/resourceGroups/{{resourceGroupName}}"
_STORAGE: Final = "Microsoft.Storage/storageAccounts/{accountName}"
_WORKSPACE: Final = "Microsoft.MachineLearningServices/workspaces/{workspaceName}"
_ENDPOINT: Final = f"{_WORKSPACE}/onlineEndpoints/{{endpointName}}"
_IDENTITY: Final = "Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}"
_CREDENTIAL: Final = "federatedIdentityCredentials/{federatedIdentityCredentialResourceName}"
_ZONE: Final = "Microsoft.Network/privateDnsZones/{privateZoneName}"
_PRIVATE: Final = "Microsoft.Network/privateEndpoints/{privateEndpointName}"
_NETWORK: Final = "Microsoft.Network/virtualNetworks/{virtualNetworkName}"
_GUARD: Final = "Microsoft.Network/networkSecurityGroups/{networkSecurityGroupName}"

# A creation goes on in Azure when the one who asked for it is gone. The slowest takes half an hour.
_LONGEST_CREATION: Final = 2700.0
_PAUSE: Final = 2.0
_GOING_ON: Final = re.compile("accept|creating|pending|progress|provisioning|resolving|updating")


@dataclass(frozen=True, kw_only=True)
class ById:
    """A kind of resource: its id, filled in from the inputs, and the version that describes it."""

    path: str
    version: str

    def id_of(self, inputs: Inputs) -> str:
        """The id that a resource with these inputs has."""
        # Some parts are ids themselves, which begin with a slash.
        parts = {name: str(value).strip("/") for name, value in inputs.items()}
        return f"/{self.path.format_map(parts).lstrip('/')}"


def _all(version: str, prefix: str, **paths: str) -> dict[str, ById]:
    """The kinds of a module by token; paths are those within a resource group."""
    return {
        f"azure-native:{prefix}:{kind}": ById(path=f"{_GROUP}/providers/{path}", version=version)
        for kind, path in paths.items()
    }


FINDERS: Mapping[str, ById] = {
    "azure-native:authorization:RoleAssignment": ById(
        path="{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        version="2022-04-01",
    ),
    "azure-native:consumption:Budget": ById(
        path="{scope}/providers/Microsoft.Consumption/budgets/{budgetName}", version="2024-08-01"
    ),
    "azure-native:monitor:DiagnosticSetting": ById(
        path="{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
        version="2021-05-01-preview",
    ),
    "azure-native:resources:ResourceGroup": ById(path=_GROUP, version="2024-03-01"),
    **_all(
        "2020-02-02",
        "applicationinsights",
        Component="Microsoft.Insights/components/{resourceName}",
    ),
    **_all(
        "2024-05-01-preview",
        "containerinstance",
        ContainerGroup="Microsoft.ContainerInstance/containerGroups/{containerGroupName}",
    ),
    **_all(
        "2023-01-01-preview",
        "containerregistry",
        Registry="Microsoft.ContainerRegistry/registries/{registryName}",
    ),
    **_all(
        "2024-11-01",
        "keyvault",
        Key="Microsoft.KeyVault/vaults/{vaultName}/keys/{keyName}",
        Vault="Microsoft.KeyVault/vaults/{vaultName}",
    ),
    **_all(
        "2025-12-01",
        "machinelearningservices",
        CodeContainer=f"{_WORKSPACE}/codes/{{name}}",
        CodeVersion=f"{_WORKSPACE}/codes/{{name}}/versions/{{version}}",
        Compute=f"{_WORKSPACE}/computes/{{computeName}}",
        DataContainer=f"{_WORKSPACE}/data/{{name}}",
        DataVersion=f"{_WORKSPACE}/data/{{name}}/versions/{{version}}",
        Datastore=f"{_WORKSPACE}/datastores/{{name}}",
        EnvironmentContainer=f"{_WORKSPACE}/environments/{{name}}",
        EnvironmentVersion=f"{_WORKSPACE}/environments/{{name}}/versions/{{version}}",
        Job=f"{_WORKSPACE}/jobs/{{id}}",
        ModelContainer=f"{_WORKSPACE}/models/{{name}}",
        ModelVersion=f"{_WORKSPACE}/models/{{name}}/versions/{{version}}",
        OnlineDeployment=f"{_ENDPOINT}/deployments/{{deploymentName}}",
        OnlineEndpoint=_ENDPOINT,
        Schedule=f"{_WORKSPACE}/schedules/{{name}}",
        Workspace=_WORKSPACE,
    ),
    **_all(
        "2023-01-31",
        "managedidentity",
        FederatedIdentityCredential=f"{_IDENTITY}/{_CREDENTIAL}",
        UserAssignedIdentity=_IDENTITY,
    ),
    **_all(
        "2024-10-01-preview",
        "monitor",
        ActionGroup="Microsoft.Insights/actionGroups/{actionGroupName}",
    ),
    **_all(
        "2021-05-01-preview",
        "monitor",
        AutoscaleSetting="Microsoft.Insights/autoscaleSettings/{autoscaleSettingName}",
    ),
    **_all("2018-03-01", "monitor", MetricAlert="Microsoft.Insights/metricAlerts/{ruleName}"),
    **_all(
        "2025-01-01-preview",
        "monitor",
        ScheduledQueryRule="Microsoft.Insights/scheduledQueryRules/{ruleName}",
    ),
    **_all(
        "2024-05-01",
        "network",
        NetworkSecurityGroup=_GUARD,
        PrivateDnsZoneGroup=f"{_PRIVATE}/privateDnsZoneGroups/{{privateDnsZoneGroupName}}",
        PrivateEndpoint=_PRIVATE,
        Subnet=f"{_NETWORK}/subnets/{{subnetName}}",
        VirtualNetwork=_NETWORK,
    ),
    **_all(
        "2023-09-01",
        "operationalinsights",
        Workspace="Microsoft.OperationalInsights/workspaces/{workspaceName}",
    ),
    **_all("2022-12-01-preview", "portal", Dashboard="Microsoft.Portal/dashboards/{dashboardName}"),
    **_all(
        "2024-06-01",
        "privatedns",
        PrivateZone=_ZONE,
        VirtualNetworkLink=f"{_ZONE}/virtualNetworkLinks/{{virtualNetworkLinkName}}",
    ),
    **_all(
        "2024-01-01",
        "storage",
        BlobContainer=f"{_STORAGE}/blobServices/default/containers/{{containerName}}",
        EncryptionScope=f"{_STORAGE}/encryptionScopes/{{encryptionScopeName}}",
        ManagementPolicy=f"{_STORAGE}/managementPolicies/{{managementPolicyName}}",
        StorageAccount=_STORAGE,
    ),
}
"""By type token, in the versions of Azure's APIs that the provider uses."""

REPEATABLE = frozenset({"azure-native:storage:BlobServiceProperties"})
"""What is there with its account: the provider sets it as often as it likes."""


def existing(resource: Mapping[str, Any], known: Collection[str | None]) -> Existing | None:
    """What a resource that was being created became; None when it did not come to be.

    A creation that still goes on is waited for.

    resource: as in the engine's list of pending operations, with its provider's inputs as
              `providerInputs`.
    known:    ids of its type that the state has already.

    Raises ToolError when the cloud cannot be asked, or when the creation failed there.
    """
    from azure.core.exceptions import AzureError
    from requests import RequestException

    from components.azure.runs.errors import ApiError

    kind = FINDERS[resource["type"]]
    place = kind.id_of({**resource["providerInputs"], **resource["inputs"]})
    title = f"{resource['urn'].rpartition('::')[2]} ({resource['type']})"
    try:
        found = _settled(place, kind.version)
    except (ApiError, AzureError, RequestException) as error:
        raise ToolError(
            f"{title}: cannot see whether the killed run created it: {error}",
            remedy="sign in to Azure, check the network, then run it again",
        ) from None
    if found is None:
        return None
    state = _state(found)
    if state in ("failed", "canceled") or _GOING_ON.search(state):
        raise ToolError(
            f"{title}: the killed run began to create it; in Azure it is {state}: {place}",
            remedy=f"delete it (`az resource delete --ids {place}`), then run it again",
        )
    resource_id = str(found.get("id") or place)
    # The case of an id means nothing.
    if resource_id.lower() in {str(one).lower() for one in known}:
        return None
    return Existing(id=resource_id)


def _state(found: Mapping[str, Any]) -> str:
    """How far its creation is, in lower case; empty where Azure does not tell."""
    properties = found.get("properties")
    told = properties.get("provisioningState") if isinstance(properties, Mapping) else None
    return str(told or "").lower()


def _settled(place: str, version: str) -> dict[str, Any] | None:
    """The resource once nothing creates it any more; None when there is none."""
    from components.azure.runs.cloud import call
    from components.azure.runs.errors import ApiError

    waited = 0.0
    while True:
        try:
            found = call("GET", place, query={"api-version": version})
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        if not _GOING_ON.search(_state(found)) or waited >= _LONGEST_CREATION:
            return found
        if not waited:
            print(f"the killed run's {place.rpartition('/')[2]} is being created; waiting for it")
        time.sleep(_PAUSE)
        waited += _PAUSE
