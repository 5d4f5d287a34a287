"""Registries, Azure ML, container groups, networks and roles."""

from policy.evaluation import Outcome
from tests.policy.case import FAIL, PASS, UNKNOWN, Beside, Case

REGISTRY = "azure-native:containerregistry:Registry"
CLASSIC_REGISTRY = "azure:containerservice/registry:Registry"
WORKSPACE = "azure-native:machinelearningservices:Workspace"
CLASSIC_WORKSPACE = "azure:machinelearning/workspace:Workspace"
COMPUTE = "azure-native:machinelearningservices:Compute"
CLUSTER = "azure:machinelearning/computeCluster:ComputeCluster"
INSTANCE = "azure:machinelearning/computeInstance:ComputeInstance"
ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
GROUP = "azure-native:containerinstance:ContainerGroup"
CLASSIC_GROUP = "azure:containerservice/group:Group"
ACCOUNT = "azure-native:storage:StorageAccount"
CLASSIC_ACCOUNT = "azure:storage/account:Account"
ML = "azure/machinelearning"
OWNER = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
OPEN = {"direction": "Inbound", "access": "Allow", "sourceAddressPrefix": "*"}
CLOSED = {**OPEN, "sourceAddressPrefix": "VirtualNetwork"}


def _case(
    rule: str,
    kind: str,
    at: str,
    good: object,
    *bad: object,
    missing: Outcome = FAIL,
    unknown: Outcome = UNKNOWN,
) -> Case:
    """`good` at `at`, with the objects that are around it."""
    value = good
    for step in reversed(at.split(".")):
        value = {step: value}
    assert isinstance(value, dict)
    return Case(
        rule=f"azure/{rule}",
        type=kind,
        good=value,
        at=at,
        bad=bad,
        missing=missing,
        unknown=unknown,
    )


_REGISTRY = "containerregistry/registry"
_WORKSPACE = "machinelearning/workspace"
_COMPUTE = "machinelearning/compute"
_GROUP = "containerinstance/group"
_KEY_ID = "encryption.keyVaultProperties.keyIdentifier"
_SCALE = "properties.properties.scaleSettings"
_SSH = "properties.properties.sshSettings.sshPublicAccess"

CASES = [
    _case(f"{_REGISTRY}/no_admin", REGISTRY, "adminUserEnabled", False, True, missing=PASS),
    _case(f"{_REGISTRY}/no_admin", CLASSIC_REGISTRY, "adminEnabled", False, True, missing=PASS),
    *(
        _case(
            f"{_REGISTRY}/no_anonymous_pull", k, "anonymousPullEnabled", False, True, missing=PASS
        )
        for k in (REGISTRY, CLASSIC_REGISTRY)
    ),
    *(
        _case(f"{_REGISTRY}/data_endpoints", kind, "dataEndpointEnabled", True, False)
        for kind in (REGISTRY, CLASSIC_REGISTRY)
    ),
    _case(f"{_REGISTRY}/no_public_network", REGISTRY, "publicNetworkAccess", "Disabled", "Enabled"),
    _case(
        f"{_REGISTRY}/no_public_network",
        CLASSIC_REGISTRY,
        "publicNetworkAccessEnabled",
        False,
        True,
    ),
    *(
        _case(f"{_REGISTRY}/{rule}", REGISTRY, f"policies.{policy}.status", "enabled", "disabled")
        for rule, policy in (
            ("signed_images", "trustPolicy"),
            ("quarantine", "quarantinePolicy"),
            ("retention", "retentionPolicy"),
        )
    ),
    _case(f"{_REGISTRY}/signed_images", CLASSIC_REGISTRY, "trustPolicyEnabled", True, False),
    _case(f"{_REGISTRY}/quarantine", CLASSIC_REGISTRY, "quarantinePolicyEnabled", True, False),
    _case(
        f"{_REGISTRY}/retention", CLASSIC_REGISTRY, "retentionPolicyInDays", 30, "", unknown=PASS
    ),
    _case(f"{_REGISTRY}/zone_redundant", REGISTRY, "zoneRedundancy", "Enabled", "Disabled"),
    _case(f"{_REGISTRY}/zone_redundant", CLASSIC_REGISTRY, "zoneRedundancyEnabled", True, False),
    _case(f"{_REGISTRY}/customer_key", REGISTRY, _KEY_ID, "https://v/k", "", unknown=PASS),
    _case(
        f"{_REGISTRY}/customer_key",
        CLASSIC_REGISTRY,
        "encryption.keyVaultKeyId",
        "https://v/k",
        "",
        unknown=PASS,
    ),
    *(
        Case(
            rule=f"azure/{_REGISTRY}/scanned",
            type=registry,
            good={},
            beside=(Beside(type=kind, props={name: "Containers", tier: "Standard"}),),
            on=0,
            at=tier,
            bad=("Free",),
        )
        for registry in (REGISTRY, CLASSIC_REGISTRY)
        for kind, name, tier in (
            ("azure-native:security:Pricing", "pricingName", "pricingTier"),
            (
                "azure:securitycenter/subscriptionPricing:SubscriptionPricing",
                "resourceType",
                "tier",
            ),
        )
    ),
    _case(
        f"{_WORKSPACE}/no_public_network", WORKSPACE, "publicNetworkAccess", "Disabled", "Enabled"
    ),
    _case(
        f"{_WORKSPACE}/no_public_network",
        CLASSIC_WORKSPACE,
        "publicNetworkAccessEnabled",
        False,
        True,
    ),
    _case(f"{_WORKSPACE}/customer_key", WORKSPACE, _KEY_ID, "https://v/k", "", unknown=PASS),
    _case(
        f"{_WORKSPACE}/customer_key",
        CLASSIC_WORKSPACE,
        "encryption.keyId",
        "https://v/k",
        "",
        unknown=PASS,
    ),
    _case(
        f"{_WORKSPACE}/identity_for_data",
        WORKSPACE,
        "systemDatastoresAuthMode",
        "identity",
        "accessKey",
    ),
    _case(
        f"{_WORKSPACE}/identity_for_data",
        CLASSIC_WORKSPACE,
        "storageAccountAccessType",
        "Identity",
        "AccessKey",
    ),
    *(
        Case(
            rule=f"{ML}/workspace/private_endpoint",
            type=kind,
            good={},
            beside=(
                Beside(
                    type="azure-native:network:PrivateEndpoint",
                    props={"privateLinkServiceConnections": [{"groupIds": ["amlworkspace"]}]},
                    by="privateLinkServiceConnections.0.privateLinkServiceId",
                ),
            ),
            on=0,
            at="privateLinkServiceConnections.0.groupIds",
            bad=(["blob"],),
        )
        for kind in (WORKSPACE, CLASSIC_WORKSPACE)
    ),
    *(
        Case(
            rule=f"{ML}/workspace/storage_not_public",
            type=kind,
            good={},
            beside=(Beside(type=account, props={name: False}, named=path),),
            on=0,
            at=name,
            bad=(True,),
        )
        for kind, path, account, name in (
            (WORKSPACE, "storageAccount", ACCOUNT, "allowBlobPublicAccess"),
            (CLASSIC_WORKSPACE, "storageAccountId", CLASSIC_ACCOUNT, "allowNestedItemsToBePublic"),
        )
    ),
    _case(f"{_COMPUTE}/no_local_login", COMPUTE, "properties.disableLocalAuth", True, False),
    *(
        _case(f"{_COMPUTE}/no_local_login", kind, "localAuthEnabled", False, True)
        for kind in (CLUSTER, INSTANCE)
    ),
    *(
        _case(f"{_COMPUTE}/no_public_address", kind, "nodePublicIpEnabled", False, True)
        for kind in (CLUSTER, INSTANCE)
    ),
    _case(
        f"{_COMPUTE}/no_public_address",
        COMPUTE,
        "properties.properties.enableNodePublicIp",
        False,
        True,
    ),
    _case(f"{_COMPUTE}/scales_to_zero", COMPUTE, f"{_SCALE}.minNodeCount", 0, 1, missing=FAIL),
    _case(f"{_COMPUTE}/scales_to_zero", CLUSTER, "scaleSettings.minNodeCount", 0, 2),
    _case(
        f"{_COMPUTE}/scales_to_zero",
        COMPUTE,
        "properties.computeType",
        "ComputeInstance",
        "AmlCompute",
    ),
    Case(
        rule=f"{ML}/compute/no_public_ssh",
        type=COMPUTE,
        good={
            "properties": {
                "computeType": "AmlCompute",
                "properties": {"remoteLoginPortPublicAccess": "Disabled"},
            }
        },
        at="properties.properties.remoteLoginPortPublicAccess",
        bad=("Enabled", "NotSpecified"),
    ),
    _case(f"{_COMPUTE}/no_public_ssh", COMPUTE, _SSH, "Disabled", "Enabled", missing=PASS),
    _case(f"{_COMPUTE}/no_public_ssh", CLUSTER, "sshPublicAccessEnabled", False, True),
    _case(
        "machinelearning/online_endpoint/no_public_network",
        ENDPOINT,
        "properties.publicNetworkAccess",
        "Disabled",
        "Enabled",
    ),
    _case(
        "machinelearning/online_endpoint/entra",
        ENDPOINT,
        "properties.authMode",
        "AADToken",
        "Key",
        "AMLToken",
    ),
    _case(
        "machinelearning/datastore/no_credentials",
        "azure-native:machinelearningservices:Datastore",
        "properties.credentials.credentialsType",
        "None",
        "AccountKey",
        "Sas",
        "ServicePrincipal",
    ),
    _case(f"{_GROUP}/in_network", GROUP, "subnetIds", [{"id": "s"}], [], unknown=PASS),
    _case(f"{_GROUP}/in_network", CLASSIC_GROUP, "subnetIds", "s", "", unknown=PASS),
    _case(
        f"{_GROUP}/no_public_address", GROUP, "ipAddress.type", "Private", "Public", missing=PASS
    ),
    _case(f"{_GROUP}/no_public_address", CLASSIC_GROUP, "ipAddressType", "Private", "Public"),
    _case(f"{_GROUP}/managed_identity", GROUP, "identity.type", "UserAssigned", "None"),
    _case(
        f"{_GROUP}/managed_identity",
        CLASSIC_GROUP,
        "identity.type",
        "UserAssigned",
        "",
        unknown=PASS,
    ),
    *(
        Case(
            rule=f"azure/{_GROUP}/secure_values",
            type=GROUP,
            good={
                kind: [
                    {
                        "name": "serve",
                        "environmentVariables": [
                            {"name": "DB_PASSWORD", "secureValue": "correct horse battery"},
                            {"name": "DB_PASSWORD", "value": "https://v.vault.azure.net/s/k"},
                            {"name": "SERVE_PORT", "value": "8443"},
                        ],
                    }
                ]
            },
            at=f"{kind}.0.environmentVariables.1.value",
            bad=("correct horse battery", "AKIA" + "A" * 16),
            missing=PASS,
        )
        for kind in ("containers", "initContainers")
    ),
    Case(
        rule=f"azure/{_GROUP}/secure_values",
        type=CLASSIC_GROUP,
        good={
            "containers": [{"name": "serve", "environmentVariables": {"DB_PASSWORD": "/run/key"}}]
        },
        at="containers.0.environmentVariables.DB_PASSWORD",
        bad=("correct horse battery",),
        missing=PASS,
    ),
    *(
        Case(
            rule="azure/network/security_group/closed",
            type=kind,
            good={"securityRules": [CLOSED, {**OPEN, "access": "Deny"}]},
            at="securityRules.0.sourceAddressPrefix",
            bad=("*", "Internet", "0.0.0.0/0"),
            missing=PASS,
        )
        for kind in (
            "azure-native:network:NetworkSecurityGroup",
            "azure:network/networkSecurityGroup:NetworkSecurityGroup",
        )
    ),
    *(
        Case(
            rule="azure/network/security_group/closed",
            type=kind,
            good={**CLOSED, "sourceAddressPrefixes": ["10.0.0.0/8"]},
            at=at,
            bad=bad,
            missing=PASS,
        )
        for kind in (
            "azure-native:network:SecurityRule",
            "azure:network/networkSecurityRule:NetworkSecurityRule",
        )
        for at, bad in (
            ("sourceAddressPrefix", ("*",)),
            ("sourceAddressPrefixes", (["10.0.0.0/8", "0.0.0.0/0"],)),
        )
    ),
    *(
        _case(
            "authorization/role_assignment/no_broad_role",
            kind,
            "roleDefinitionId",
            f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{READER}",
            f"/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/{OWNER}",
        )
        for kind in (
            "azure-native:authorization:RoleAssignment",
            "azure:authorization/assignment:Assignment",
        )
    ),
    _case(
        "authorization/role_assignment/no_broad_role",
        "azure:authorization/assignment:Assignment",
        "roleDefinitionName",
        "Reader",
        "Owner",
        "User Access Administrator",
    ),
]
