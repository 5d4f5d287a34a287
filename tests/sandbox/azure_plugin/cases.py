"""For each token: inputs that create it, a change in place and a change that replaces."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.azure.environment import SUBSCRIPTION, TENANT
from tests.sandbox.azure_plugin.world import LOCATION, World

TAGS = {"owner": "ml", "data-class": "raw"}
OTHER = {"tags": {"owner": "x"}}
Inputs = Callable[[World], Mapping[str, Any]]


@dataclass(frozen=True)
class Case:
    """How to exercise one token; ``change`` is empty where nothing changes in place."""

    token: str
    inputs: Inputs
    change: Inputs
    replace: Inputs
    stays: bool = False
    """The cloud keeps the thing when the resource is deleted."""
    unimportable: frozenset[str] = frozenset()
    """Inputs that no import can know."""

    @property
    def name(self) -> str:
        return self.token.split(":", 1)[-1].replace(":", "")


def _always(**values: Any) -> Inputs:
    return lambda _: values


def _in_group(
    change: Mapping[str, Any] | None = None, **values: Any
) -> tuple[Inputs, Inputs, Inputs]:
    """A tracked resource whose inputs need nothing of the world but the group."""
    return (
        lambda world: {
            "resourceGroupName": world.group,
            "location": "West Europe",
            "tags": TAGS,
            **values,
        },
        _always(**(change or {}), **OTHER),
        lambda world: {"resourceGroupName": world.other_group},
    )


def account(world: World) -> dict[str, Any]:
    """A storage account with every setting the project uses."""
    return {
        "resourceGroupName": world.group,
        "location": LOCATION,
        "accountName": world.fresh("plugincase"),
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "accessTier": "Hot",
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "allowCrossTenantReplication": False,
        "defaultToOAuthAuthentication": True,
        "enableHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
        "isLocalUserEnabled": False,
        "publicNetworkAccess": "Enabled",
        "networkRuleSet": {
            "defaultAction": "Deny",
            "bypass": "AzureServices",
            "ipRules": [{"iPAddressOrRange": "203.0.113.7", "action": "Allow"}],
        },
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [world.identity]},
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "keyVaultProperties": {
                "keyName": world.key,
                "keyVaultUri": "https://plugin-world.vault.azure.net/",
            },
            "encryptionIdentity": {"encryptionUserAssignedIdentity": world.identity},
            "requireInfrastructureEncryption": True,
            "services": {"blob": {"enabled": True, "keyType": "Account"}},
        },
        "tags": TAGS,
    }


def vault(world: World) -> dict[str, Any]:
    """A vault as the project makes them."""
    return {
        "resourceGroupName": world.group,
        "location": LOCATION,
        "vaultName": world.fresh("plugin-case-"),
        "properties": {
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "premium"},
            "enableRbacAuthorization": True,
            "enableSoftDelete": True,
            "enablePurgeProtection": True,
            "softDeleteRetentionInDays": 7,
            "publicNetworkAccess": "Enabled",
            "networkAcls": {
                "bypass": "AzureServices",
                "defaultAction": "Deny",
                "ipRules": [{"value": "203.0.113.0/24"}],
            },
        },
        "tags": TAGS,
    }


def _key(world: World) -> dict[str, Any]:
    assert world.vault
    rotation = {
        "attributes": {"expiryTime": "P120D"},
        "lifetimeActions": [{"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P90D"}}],
    }
    return {
        "resourceGroupName": world.group,
        "vaultName": "plugin-world",
        "keyName": world.fresh("case"),
        "properties": {
            "kty": "RSA",
            "keySize": 3072,
            "keyOps": ["wrapKey", "unwrapKey"],
            "attributes": {"enabled": True},
            "rotationPolicy": rotation,
        },
        "tags": TAGS,
    }


def workspace(world: World) -> dict[str, Any]:
    """A workspace as the project makes them."""
    return {
        "resourceGroupName": world.group,
        "location": LOCATION,
        "workspaceName": world.fresh("plugin-case-"),
        "friendlyName": "ML",
        "description": "d",
        "sku": {"name": "Basic", "tier": "Basic"},
        "kind": "Default",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [world.identity]},
        "primaryUserAssignedIdentity": world.identity,
        "storageAccount": world.account_id,
        "keyVault": world.vault,
        "applicationInsights": world.insights,
        "publicNetworkAccess": "Enabled",
        "systemDatastoresAuthMode": "Identity",
        "managedNetwork": {"isolationMode": "AllowInternetOutbound"},
        "v1LegacyMode": False,
        "tags": TAGS,
    }


def endpoint(world: World) -> dict[str, Any]:
    """An online endpoint as the project makes them."""
    return {
        "resourceGroupName": world.group,
        "workspaceName": world.workspace,
        "endpointName": world.fresh("plugin-case-"),
        "location": LOCATION,
        "kind": "Managed",
        "identity": {"type": "UserAssigned", "userAssignedIdentities": [world.identity]},
        "properties": {
            "authMode": "Key",
            "description": "d",
            "publicNetworkAccess": "Enabled",
        },
        "tags": TAGS,
    }


def job(world: World) -> dict[str, Any]:
    """A command job that ends at once."""
    return {
        "resourceGroupName": world.group,
        "workspaceName": world.workspace,
        "id": world.fresh("plugin-case-"),
        "properties": _job_properties(world, "d"),
    }


def _job_properties(world: World, description: str) -> dict[str, Any]:
    return {
        "jobType": "Command",
        "command": "true",
        "environmentId": world.environment,
        "displayName": "case",
        "experimentName": "plugin",
        "description": description,
        "tags": TAGS,
    }


def deployment(world: World) -> dict[str, Any]:
    """A deployment of one instance, whose image serves without a model."""
    return {
        "resourceGroupName": world.group,
        "workspaceName": world.workspace,
        "endpointName": world.endpoint,
        "deploymentName": world.fresh("case-"),
        "location": LOCATION,
        "kind": "Managed",
        "sku": {"name": "Default", "tier": "Standard", "capacity": 1},
        "properties": _deployment_properties(world, "d"),
        "tags": TAGS,
    }


def _deployment_properties(world: World, description: str) -> dict[str, Any]:
    return {
        "endpointComputeType": "Managed",
        "environmentId": world.serving,
        "instanceType": "Standard_DS3_v2",
        "description": description,
        "requestSettings": {"requestTimeout": "PT20S", "maxConcurrentRequestsPerInstance": 4},
    }


def group(world: World) -> dict[str, Any]:
    """A group of one container that runs for longer than the test."""
    return {
        "resourceGroupName": world.group,
        "containerGroupName": world.fresh("plugin-case-"),
        "location": LOCATION,
        "osType": "Linux",
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "main",
                "image": "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:1",
                "command": ["sleep", "3600"],
                "resources": {"requests": {"cpu": 1, "memoryInGB": 1}},
            }
        ],
        "tags": TAGS,
    }


def _in_workspace(**values: Any) -> Inputs:
    return lambda world: {
        "resourceGroupName": world.group,
        "workspaceName": world.workspace,
        **values,
    }


def _asset(kind: str, place: str, **properties: Any) -> tuple[Case, Case]:
    """The two tokens of one kind of asset."""
    first = {"dataType": "uri_folder"} if kind == "Data" else {}
    container = Case(
        f"azure-native:machinelearningservices:{kind}Container",
        _in_workspace(name="case", properties={**first, "description": "d", "tags": TAGS}),
        _always(properties={**first, "description": "other"}),
        _always(name="other"),
    )
    version = Case(
        f"azure-native:machinelearningservices:{kind}Version",
        lambda world: {
            **_in_workspace(version="1", properties={**properties, "tags": TAGS})(world),
            "name": world.asset(place, "plugin-world"),
        },
        _always(properties={**properties, "description": "other"}),
        _always(version="2"),
    )
    return container, version


def _rule(world: World) -> dict[str, Any]:
    return {
        "name": "https",
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourceAddressPrefix": "VirtualNetwork",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
        "destinationPortRange": "443",
        "description": "d",
    }


def _criteria(threshold: float = 5.0) -> dict[str, Any]:
    criterion = {
        "criterionType": "StaticThresholdCriterion",
        "name": "errors",
        "metricName": "Transactions",
        "metricNamespace": "Microsoft.Storage/storageAccounts",
        "operator": "GreaterThan",
        "threshold": threshold,
        "timeAggregation": "Total",
        "dimensions": [{"name": "ResponseType", "operator": "Include", "values": ["ServerError"]}],
    }
    kind = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
    return {"odataType": kind, "allOf": [criterion]}


def alert(world: World) -> dict[str, Any]:
    """A metric alert."""
    return {
        "resourceGroupName": world.group,
        "ruleName": "case",
        "location": "global",
        "description": "d",
        "severity": 2,
        "enabled": True,
        "scopes": [world.account_id],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT15M",
        "criteria": _criteria(),
        "autoMitigate": True,
        "actions": [{"actionGroupId": world.actions}],
        "targetResourceType": "Microsoft.Storage/storageAccounts",
        "targetResourceRegion": LOCATION,
        "tags": TAGS,
    }


def _profile(most: str = "3") -> dict[str, Any]:
    return {
        "name": "load",
        "capacity": {"minimum": "1", "maximum": most, "default": "1"},
        "rules": [
            {
                "metricTrigger": {
                    "metricName": "CpuUtilizationPercentage",
                    "metricResourceUri": "x",
                    "operator": "GreaterThan",
                    "statistic": "Average",
                    "threshold": 70,
                    "timeAggregation": "Average",
                    "timeGrain": "PT1M",
                    "timeWindow": "PT5M",
                },
                "scaleAction": {
                    "direction": "Increase",
                    "type": "ChangeCount",
                    "value": "1",
                    "cooldown": "PT5M",
                },
            }
        ],
    }


def _budget(world: World) -> dict[str, Any]:
    month = dt.datetime.now(dt.UTC).strftime("%Y-%m-01T00:00:00Z")
    notification = {
        "enabled": True,
        "operator": "GreaterThanOrEqualTo",
        "threshold": 80,
        "thresholdType": "Actual",
        "contactEmails": ["ml@example.com"],
        "contactGroups": [world.actions],
    }
    return {
        "scope": world.group_id,
        "budgetName": "case",
        "amount": 100,
        "category": "Cost",
        "timeGrain": "Monthly",
        "timePeriod": {"startDate": month},
        "notifications": {"actual-80": notification},
    }


def _role(world: World) -> dict[str, Any]:
    role = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    definitions = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    return {
        "scope": world.account_id,
        "principalId": world.principal("plugin-case-role"),
        "principalType": "ServicePrincipal",
        "roleDefinitionId": f"{definitions}/{role}",
        "description": "d",
    }


def _dashboard(title: str) -> dict[str, Any]:
    part = {
        "position": {"x": 0, "y": 0, "colSpan": 6, "rowSpan": 4},
        "metadata": {
            "type": "Extension/HubsExtension/PartType/MarkdownPart",
            "settings": {"content": {"title": title}},
        },
    }
    return {"lenses": [{"order": 0, "parts": [part]}]}


CASES = (
    Case(
        "azure-native:resources:ResourceGroup",
        _always(resourceGroupName="plugin-case", location=LOCATION, tags=TAGS),
        _always(**OTHER),
        _always(location="eastus"),
    ),
    Case(
        "azure-native:operationalinsights:Workspace",
        *_in_group(
            {"retentionInDays": 90},
            sku={"name": "PerGB2018"},
            retentionInDays=60,
            features={"disableLocalAuth": True},
            publicNetworkAccessForQuery="Enabled",
        ),
    ),
    Case(
        "azure-native:applicationinsights:Component",
        lambda world: {
            "resourceGroupName": world.group,
            "resourceName": "case",
            "location": LOCATION,
            "kind": "web",
            "applicationType": "web",
            "workspaceResourceId": world.logs,
            "ingestionMode": "LogAnalytics",
            "publicNetworkAccessForQuery": "Enabled",
            "tags": TAGS,
        },
        _always(publicNetworkAccessForQuery="Disabled"),
        lambda world: {"resourceGroupName": world.other_group},
    ),
    Case(
        "azure-native:containerregistry:Registry",
        *_in_group(
            {"publicNetworkAccess": "Disabled"},
            registryName="plugincase",
            sku={"name": "Premium"},
            adminUserEnabled=False,
            publicNetworkAccess="Enabled",
            networkRuleBypassOptions="AzureServices",
        ),
    ),
    Case("azure-native:managedidentity:UserAssignedIdentity", *_in_group()),
    Case(
        "azure-native:managedidentity:FederatedIdentityCredential",
        lambda world: {
            "resourceGroupName": world.group,
            "resourceName": world.identity.rsplit("/", 1)[-1],
            "federatedIdentityCredentialResourceName": "case",
            "issuer": "https://token.actions.githubusercontent.com",
            "subject": "repo:a/b:ref:refs/heads/main",
            "audiences": ["api://AzureADTokenExchange"],
        },
        _always(subject="repo:a/b:ref:refs/heads/other"),
        _always(federatedIdentityCredentialResourceName="other"),
    ),
    Case(
        "azure-native:authorization:RoleAssignment",
        _role,
        _always(description="other"),
        lambda world: {"principalId": world.principal("plugin-case-other")},
    ),
    Case(
        "azure-native:keyvault:Vault",
        vault,
        lambda world: {**OTHER},
        lambda world: {"resourceGroupName": world.other_group},
    ),
    Case("azure-native:keyvault:Key", _key, _always(), _always(keyName="other")),
    Case(
        "azure-native:network:VirtualNetwork",
        *_in_group(
            {"addressSpace": {"addressPrefixes": ["10.1.0.0/16", "10.2.0.0/16"]}},
            addressSpace={"addressPrefixes": ["10.1.0.0/16"]},
        ),
    ),
    Case(
        "azure-native:network:NetworkSecurityGroup",
        lambda world: {
            "resourceGroupName": world.group,
            "networkSecurityGroupName": "case",
            "location": LOCATION,
            "securityRules": [_rule(world)],
            "tags": TAGS,
        },
        lambda world: {"securityRules": [{**_rule(world), "priority": 200}]},
        lambda world: {"resourceGroupName": world.other_group},
    ),
    Case(
        "azure-native:network:Subnet",
        lambda world: {
            "resourceGroupName": world.group,
            "virtualNetworkName": world.network,
            "subnetName": "case",
            "addressPrefix": "10.0.9.0/24",
            "networkSecurityGroup": {"id": world.security_group},
            "delegations": [
                {"name": "aci", "serviceName": "Microsoft.ContainerInstance/containerGroups"}
            ],
            "privateEndpointNetworkPolicies": "Enabled",
            "defaultOutboundAccess": False,
        },
        _always(addressPrefix="10.0.10.0/24"),
        lambda world: {"virtualNetworkName": world.other_network},
    ),
    Case(
        "azure-native:network:PrivateEndpoint",
        lambda world: {
            "resourceGroupName": world.group,
            "privateEndpointName": "case",
            "location": LOCATION,
            "subnet": {"id": world.subnet},
            "privateLinkServiceConnections": [
                {"name": "c", "privateLinkServiceId": world.account_id, "groupIds": ["blob"]}
            ],
            "tags": TAGS,
        },
        _always(**OTHER),
        lambda world: {"subnet": {"id": world.other_subnet}},
    ),
    Case(
        "azure-native:network:PrivateDnsZoneGroup",
        lambda world: {
            "resourceGroupName": world.group,
            "privateEndpointName": world.private_endpoint,
            "privateDnsZoneGroupName": "default",
            "privateDnsZoneConfigs": [{"name": "blob", "privateDnsZoneId": world.zone_id}],
        },
        _always(privateDnsZoneConfigs=[]),
        _always(privateDnsZoneGroupName="other"),
    ),
    Case(
        "azure-native:privatedns:PrivateZone",
        lambda world: {
            "resourceGroupName": world.group,
            "privateZoneName": "privatelink.api.azureml.ms",
            "location": "global",
            "tags": TAGS,
        },
        _always(**OTHER),
        _always(privateZoneName="privatelink.notebooks.azure.net"),
    ),
    Case(
        "azure-native:privatedns:VirtualNetworkLink",
        lambda world: {
            "resourceGroupName": world.group,
            "location": "global",
            "privateZoneName": world.zone,
            "virtualNetworkLinkName": "case",
            "virtualNetwork": {"id": world.network_id(world.network)},
            "registrationEnabled": False,
            "tags": TAGS,
        },
        _always(**OTHER),
        _always(virtualNetworkLinkName="other"),
    ),
    Case(
        "azure-native:storage:StorageAccount",
        account,
        _always(accessTier="Cool", minimumTlsVersion="TLS1_3", **OTHER),
        _always(accountName="pluginother"),
    ),
    Case(
        "azure-native:storage:BlobServiceProperties",
        lambda world: {
            "resourceGroupName": world.group,
            "accountName": world.account,
            "blobServicesName": "default",
            "isVersioningEnabled": True,
            "deleteRetentionPolicy": {"enabled": True, "days": 7},
            "containerDeleteRetentionPolicy": {"enabled": True, "days": 7},
        },
        _always(isVersioningEnabled=False),
        _always(accountName="other"),
        stays=True,
    ),
    Case(
        "azure-native:storage:BlobContainer",
        lambda world: {
            "resourceGroupName": world.group,
            "accountName": world.account,
            "containerName": "case",
            "publicAccess": "None",
        },
        _always(metadata={"a": "b"}),
        _always(containerName="other"),
    ),
    Case(
        "azure-native:storage:EncryptionScope",
        lambda world: {
            "resourceGroupName": world.group,
            "accountName": world.account,
            "encryptionScopeName": world.fresh("case"),
            "source": "Microsoft.KeyVault",
            "keyVaultProperties": {"keyUri": "https://plugin-world.vault.azure.net/keys/k"},
            "state": "Enabled",
        },
        _always(state="Disabled"),
        _always(encryptionScopeName="other"),
        stays=True,
    ),
    Case(
        "azure-native:storage:ManagementPolicy",
        lambda world: {
            "resourceGroupName": world.group,
            "accountName": world.account,
            "managementPolicyName": "default",
            "policy": {
                "rules": [
                    {
                        "name": "old",
                        "enabled": True,
                        "type": "Lifecycle",
                        "definition": {
                            "filters": {"blobTypes": ["blockBlob"], "prefixMatch": ["raw/"]},
                            "actions": {
                                "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 30}}
                            },
                        },
                    }
                ]
            },
        },
        _always(
            policy={
                "rules": [
                    {
                        "name": "older",
                        "type": "Lifecycle",
                        "definition": {
                            "actions": {
                                "baseBlob": {"delete": {"daysAfterModificationGreaterThan": 60}}
                            }
                        },
                    }
                ]
            }
        ),
        _always(managementPolicyName="other"),
    ),
    Case(
        "azure-native:machinelearningservices:Workspace",
        workspace,
        _always(description="other", **OTHER),
        lambda world: {"resourceGroupName": world.other_group},
    ),
    Case(
        "azure-native:machinelearningservices:Compute",
        lambda world: {
            **_in_workspace(computeName="case", location=LOCATION, tags=TAGS)(world),
            "identity": {"type": "UserAssigned", "userAssignedIdentities": [world.identity]},
            "properties": {
                "computeType": "AmlCompute",
                "disableLocalAuth": True,
                "properties": {
                    "vmSize": "Standard_DS3_v2",
                    "vmPriority": "LowPriority",
                    "osType": "Linux",
                    "remoteLoginPortPublicAccess": "Disabled",
                    "scaleSettings": {
                        "minNodeCount": 0,
                        "maxNodeCount": 2,
                        "nodeIdleTimeBeforeScaleDown": "PT120S",
                    },
                },
            },
        },
        _always(**OTHER),
        _always(computeName="other"),
    ),
    Case(
        "azure-native:machinelearningservices:Datastore",
        lambda world: {
            **_in_workspace(name="case", skipValidation=True)(world),
            "properties": {
                "datastoreType": "AzureBlob",
                "accountName": world.account,
                "containerName": "raw",
                "endpoint": "core.windows.net",
                "protocol": "https",
                "credentials": {"credentialsType": "None"},
                "serviceDataAccessAuthIdentity": "WorkspaceUserAssignedIdentity",
            },
        },
        _always(
            properties={
                "datastoreType": "AzureBlob",
                "accountName": "other",
                "containerName": "raw",
                "credentials": {"credentialsType": "None"},
            }
        ),
        _always(name="other"),
    ),
    *_asset("Data", "data", dataType="uri_folder", dataUri="azureml://datastores/raw/paths/x/"),
    *_asset("Code", "codes", codeUri="https://127.0.0.1/pluginworld/artefacts/code/x"),
    *_asset("Environment", "environments", image="mcr.microsoft.com/azureml/x:1", osType="Linux"),
    *_asset(
        "Model", "models", modelUri="azureml://datastores/a/paths/m.pkl", modelType="custom_model"
    ),
    Case(
        "azure-native:machinelearningservices:Schedule",
        lambda world: _in_workspace(name="case", properties=_schedule(world))(world),
        lambda world: {"properties": {**_schedule(world), "isEnabled": False}},
        _always(name="other"),
    ),
    Case(
        "azure-native:monitor:DiagnosticSetting",
        lambda world: {
            "resourceUri": world.vault,
            "name": "case",
            "workspaceId": world.logs,
            "logs": [{"categoryGroup": "allLogs", "enabled": True}],
            "metrics": [{"category": "AllMetrics", "enabled": True}],
        },
        lambda world: {"storageAccountId": world.account_id},
        _always(name="other"),
    ),
    Case(
        "azure-native:authorization:PolicyAssignment",
        lambda world: {
            "policyAssignmentName": world.fresh("case"),
            "scope": f"/subscriptions/{SUBSCRIPTION}",
            "displayName": "case",
            "enforcementMode": "Default",
            "policyDefinitionId": (
                "/providers/Microsoft.Authorization/policySetDefinitions/"
                "7326812a-86a4-40c8-af7c-8945de9c4913"
            ),
        },
        _always(displayName="another", enforcementMode="DoNotEnforce"),
        _always(policyAssignmentName="other"),
    ),
    Case(
        "azure-native:security:Pricing",
        _always(
            pricingName="StorageAccounts",
            scopeId=f"/subscriptions/{SUBSCRIPTION}",
            pricingTier="Standard",
            subPlan="DefenderForStorageV2",
        ),
        _always(subPlan="PerTransaction"),
        _always(pricingName="KeyVaults"),
        stays=True,
    ),
    Case(
        "azure-native:monitor:ActionGroup",
        lambda world: {
            "resourceGroupName": world.group,
            "location": "Global",
            "actionGroupName": "case",
            "groupShortName": "ml",
            "enabled": True,
            "emailReceivers": [
                {"name": "ml", "emailAddress": "ml@example.com", "useCommonAlertSchema": True}
            ],
            "tags": TAGS,
        },
        _always(enabled=False),
        lambda world: {"resourceGroupName": world.other_group},
    ),
    Case(
        "azure-native:monitor:MetricAlert",
        alert,
        _always(criteria=_criteria(9.0), severity=1),
        _always(ruleName="other"),
    ),
    Case(
        "azure-native:machinelearningservices:OnlineEndpoint",
        endpoint,
        lambda world: {"properties": {"authMode": "Key", "description": "other"}, **OTHER},
        _always(endpointName="other"),
    ),
    Case(
        "azure-native:machinelearningservices:OnlineDeployment",
        deployment,
        lambda world: {"properties": _deployment_properties(world, "other"), **OTHER},
        _always(deploymentName="other"),
    ),
    Case(
        "azure-native:machinelearningservices:Job",
        job,
        lambda world: {"properties": _job_properties(world, "other")},
        _always(id="other"),
    ),
    Case(
        "azure-native:containerinstance:ContainerGroup",
        group,
        _always(**OTHER),
        _always(containerGroupName="other"),
    ),
    Case(
        "azure-native:monitor:ScheduledQueryRule",
        lambda world: {
            "resourceGroupName": world.group,
            "ruleName": "case",
            "location": LOCATION,
            "kind": "LogAlert",
            "displayName": "idle",
            "description": "d",
            "severity": 2,
            "enabled": True,
            "scopes": [world.logs],
            "evaluationFrequency": "PT1H",
            "windowSize": "P1D",
            "criteria": {
                "allOf": [
                    {
                        "query": "AmlOnlineEndpointTrafficLog",
                        "timeAggregation": "Count",
                        "operator": "LessThan",
                        "threshold": 1,
                        "failingPeriods": {
                            "minFailingPeriodsToAlert": 1,
                            "numberOfEvaluationPeriods": 1,
                        },
                    }
                ]
            },
            "autoMitigate": True,
            "skipQueryValidation": True,
            "actions": {"actionGroups": [world.actions]},
            "tags": TAGS,
        },
        _always(severity=3, **OTHER),
        _always(ruleName="other"),
    ),
    Case(
        "azure-native:monitor:AutoscaleSetting",
        lambda world: {
            "resourceGroupName": world.group,
            "location": LOCATION,
            "autoscaleSettingName": "case",
            "name": "case",
            "enabled": True,
            "targetResourceUri": world.account_id,
            "profiles": [_profile()],
            "tags": TAGS,
        },
        _always(profiles=[_profile("5")]),
        _always(autoscaleSettingName="other"),
    ),
    Case(
        "azure-native:portal:Dashboard",
        *_in_group(
            {"properties": _dashboard("two")}, dashboardName="case", properties=_dashboard("one")
        ),
    ),
    Case(
        "azure-native:consumption:Budget",
        _budget,
        _always(amount=200),
        _always(budgetName="other"),
        unimportable=frozenset({"eTag", "timePeriod"}),
    ),
)


def _schedule(world: World) -> dict[str, Any]:
    job = {
        "jobType": "Command",
        "command": "python train.py",
        "environmentId": world.environment,
        "tags": TAGS,
    }
    return {
        "displayName": "d",
        "isEnabled": True,
        "trigger": {"triggerType": "Cron", "expression": "0 3 * * 1", "timeZone": "UTC"},
        "action": {"actionType": "CreateJob", "jobDefinition": job},
    }
