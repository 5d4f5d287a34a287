from tests.policy.case import PASS, Beside, Case

NATIVE = "azure-native:storage:StorageAccount"
CLASSIC = "azure:storage/account:Account"
BLOBS = "azure-native:storage:BlobServiceProperties"
POLICY = "azure-native:storage:ManagementPolicy"
CLASSIC_POLICY = "azure:storage/managementPolicy:ManagementPolicy"
ENDPOINT = "azure-native:network:PrivateEndpoint"
CLASSIC_ENDPOINT = "azure:privatelink/endpoint:Endpoint"
SETTING = "azure-native:monitor:DiagnosticSetting"
CLASSIC_SETTING = "azure:monitoring/diagnosticSetting:DiagnosticSetting"
RULE = "azure/storage/account"
DELETES = {"delete": {"daysAfterModificationGreaterThan": 365}}
POLICY_RULES = {"rules": [{"enabled": True, "definition": {"actions": {"baseBlob": DELETES}}}]}
ACTIONS = {"baseBlob": {"deleteAfterDaysSinceModificationGreaterThan": 365}}


def _equal(rule: str, kind: str, path: str, good: object, *bad: object) -> Case:
    """The property has to be there."""
    return Case(rule=f"{RULE}/{rule}", type=kind, good={path: good}, at=path, bad=bad)


def _not(rule: str, kind: str, path: str, good: object, *bad: object) -> Case:
    """Without the property, the cloud does the right thing."""
    return Case(rule=f"{RULE}/{rule}", type=kind, good={path: good}, at=path, bad=bad, missing=PASS)


CASES = [
    _not("https_only", NATIVE, "enableHttpsTrafficOnly", True, False),
    _not(
        "https_only",
        "azure-native:storage/v20230101:StorageAccount",
        "enableHttpsTrafficOnly",
        True,
        False,
    ),
    _not("https_only", CLASSIC, "httpsTrafficOnlyEnabled", True, False),
    _equal("tls_1_2", NATIVE, "minimumTlsVersion", "TLS1_2", "TLS1_0", "TLS1_1"),
    _not("tls_1_2", CLASSIC, "minTlsVersion", "TLS1_2", "TLS1_0", "TLS1_1"),
    _equal("no_anonymous_access", NATIVE, "allowBlobPublicAccess", False, True),
    _equal("no_anonymous_access", CLASSIC, "allowNestedItemsToBePublic", False, True),
    _equal("no_shared_key", NATIVE, "allowSharedKeyAccess", False, True),
    _equal("no_shared_key", CLASSIC, "sharedAccessKeyEnabled", False, True),
    _equal("no_local_users", NATIVE, "isLocalUserEnabled", False, True),
    _equal("no_local_users", CLASSIC, "localUserEnabled", False, True),
    _equal("no_cross_tenant_replication", NATIVE, "allowCrossTenantReplication", False, True),
    _not("no_cross_tenant_replication", CLASSIC, "crossTenantReplicationEnabled", False, True),
    _equal("infrastructure_encryption", CLASSIC, "infrastructureEncryptionEnabled", True, False),
    _equal("no_public_network", NATIVE, "publicNetworkAccess", "Disabled", "Enabled"),
    _equal("no_public_network", CLASSIC, "publicNetworkAccessEnabled", False, True),
    _equal("default_deny", NATIVE, "publicNetworkAccess", "Disabled", "Enabled"),
    _equal("default_deny", CLASSIC, "publicNetworkAccessEnabled", False, True),
    _equal("sas_expires", NATIVE, "allowSharedKeyAccess", False, True),
    _equal("sas_expires", CLASSIC, "sharedAccessKeyEnabled", False, True),
    _equal("keys_expire", NATIVE, "allowSharedKeyAccess", False, True),
    _equal("keys_expire", CLASSIC, "sharedAccessKeyEnabled", False, True),
    _equal("replicated", CLASSIC, "accountReplicationType", "GZRS", "LRS", "ZRS"),
    Case(
        rule=f"{RULE}/replicated",
        type=NATIVE,
        good={"sku": {"name": "Standard_GRS"}},
        at="sku.name",
        bad=("Standard_LRS", "Premium_ZRS"),
    ),
    *(
        Case(
            rule=f"{RULE}/sas_expires",
            type=kind,
            good={"sasPolicy": {"expirationAction": "Block", period: "1.00:00:00"}},
            at=f"sasPolicy.{period}",
            bad=("",),
            unknown=PASS,
        )
        for kind, period in ((NATIVE, "sasExpirationPeriod"), (CLASSIC, "expirationPeriod"))
    ),
    Case(
        rule=f"{RULE}/keys_expire",
        type=NATIVE,
        good={"keyPolicy": {"keyExpirationPeriodInDays": 90}},
        at="keyPolicy.keyExpirationPeriodInDays",
        bad=(91,),
    ),
    Case(
        rule=f"{RULE}/infrastructure_encryption",
        type=NATIVE,
        good={"encryption": {"requireInfrastructureEncryption": True}},
        at="encryption.requireInfrastructureEncryption",
        bad=(False,),
    ),
    Case(
        rule=f"{RULE}/customer_key",
        type=NATIVE,
        good={"encryption": {"keySource": "Microsoft.Keyvault"}},
        at="encryption.keySource",
        bad=("Microsoft.Storage",),
    ),
    Case(
        rule=f"{RULE}/customer_key",
        type=CLASSIC,
        good={"customerManagedKey": {"keyVaultKeyId": "https://v/keys/k"}},
        at="customerManagedKey",
        bad=({},),
        unknown=PASS,
    ),
    Case(
        rule=f"{RULE}/customer_key",
        type=CLASSIC,
        good={},
        beside=(
            Beside(
                type="azure:storage/customerManagedKey:CustomerManagedKey",
                props={"keyName": "k"},
                by="storageAccountId",
            ),
        ),
        on=0,
        at="keyName",
        missing=PASS,
        unknown=PASS,
    ),
    *(
        Case(
            rule=f"{RULE}/default_deny",
            type=kind,
            good={path: {"defaultAction": "Deny"}},
            at=f"{path}.defaultAction",
            bad=("Allow",),
        )
        for kind, path in ((NATIVE, "networkRuleSet"), (CLASSIC, "networkRules"))
    ),
    Case(
        rule=f"{RULE}/default_deny",
        type=CLASSIC,
        good={},
        beside=(
            Beside(
                type="azure:storage/accountNetworkRules:AccountNetworkRules",
                props={"defaultAction": "Deny"},
                by="storageAccountId",
            ),
        ),
        on=0,
        at="defaultAction",
        bad=("Allow",),
    ),
    Case(
        rule=f"{RULE}/trusted_services",
        type=NATIVE,
        good={"networkRuleSet": {"bypass": "Logging, AzureServices"}},
        at="networkRuleSet.bypass",
        bad=("None", "Logging"),
        missing=PASS,
    ),
    Case(
        rule=f"{RULE}/trusted_services",
        type=CLASSIC,
        good={"networkRules": {"bypasses": ["AzureServices"]}},
        at="networkRules.bypasses",
        bad=(["None"], ["Logging"]),
        missing=PASS,
    ),
    *(
        Case(
            rule=f"{RULE}/private_endpoint",
            type=kind,
            good={},
            beside=(
                Beside(
                    type=ENDPOINT,
                    props={"privateLinkServiceConnections": [{"groupIds": ["blob"]}]},
                    by="privateLinkServiceConnections.0.privateLinkServiceId",
                ),
            ),
            on=0,
            at="privateLinkServiceConnections.0.groupIds",
            bad=(["queue"],),
        )
        for kind in (NATIVE, CLASSIC)
    ),
    Case(
        rule=f"{RULE}/private_endpoint",
        type=CLASSIC,
        good={},
        beside=(
            Beside(
                type=CLASSIC_ENDPOINT,
                props={"privateServiceConnection": {"subresourceNames": ["blob"]}},
                by="privateServiceConnection.privateConnectionResourceId",
            ),
        ),
        on=0,
        at="privateServiceConnection.subresourceNames",
        bad=(["queue"],),
    ),
    Case(
        rule=f"{RULE}/logged",
        type=NATIVE,
        good={},
        beside=(
            Beside(
                type=SETTING,
                props={"logs": [{"categoryGroup": "allLogs", "enabled": True}]},
                by="resourceUri",
            ),
        ),
        on=0,
        at="logs",
        bad=([], [{"categoryGroup": "allLogs", "enabled": False}]),
    ),
    Case(  # the logs are those of a part of the account
        rule=f"{RULE}/logged",
        type=CLASSIC,
        good={"name": "account"},
        beside=(
            Beside(
                type=SETTING,
                props={
                    "logs": [{"categoryGroup": "allLogs", "enabled": True}],
                    "resourceUri": "account/blobServices/default",
                },
            ),
        ),
        on=0,
        at="resourceUri",
        bad=("other/blobServices/default",),
    ),
    Case(
        rule=f"{RULE}/logged",
        type=CLASSIC,
        good={},
        beside=(
            Beside(
                type=CLASSIC_SETTING,
                props={"enabledLogs": [{"category": "StorageRead"}]},
                by="targetResourceId",
            ),
        ),
        on=0,
        at="enabledLogs",
        bad=([],),
    ),
    Case(
        rule=f"{RULE}/soft_delete",
        type=NATIVE,
        good={},
        beside=(
            Beside(
                type=BLOBS,
                props={"deleteRetentionPolicy": {"enabled": True, "days": 7}},
                by="accountName",
            ),
        ),
        on=0,
        at="deleteRetentionPolicy.enabled",
        bad=(False,),
    ),
    Case(
        rule=f"{RULE}/soft_delete",
        type=CLASSIC,
        good={"blobProperties": {"deleteRetentionPolicy": {"days": 7}}},
        at="blobProperties.deleteRetentionPolicy",
        bad=({},),
        unknown=PASS,
    ),
    Case(
        rule=f"{RULE}/versioned",
        type=NATIVE,
        good={},
        beside=(Beside(type=BLOBS, props={"isVersioningEnabled": True}, by="accountName"),),
        on=0,
        at="isVersioningEnabled",
        bad=(False,),
    ),
    Case(
        rule=f"{RULE}/versioned",
        type=CLASSIC,
        good={"blobProperties": {"versioningEnabled": True}},
        at="blobProperties.versioningEnabled",
        bad=(False,),
    ),
    *(
        Case(  # file shares have no blobs
            rule=f"{RULE}/{rule}",
            type=kind,
            good={path: "FileStorage"},
            at=path,
            bad=("StorageV2",),
        )
        for rule in ("soft_delete", "versioned", "expires")
        for kind, path in ((NATIVE, "kind"), (CLASSIC, "accountKind"))
    ),
    Case(
        rule=f"{RULE}/expires",
        type=NATIVE,
        good={},
        beside=(Beside(type=POLICY, props={"policy": POLICY_RULES}, by="accountName"),),
        on=0,
        at="policy.rules.0.definition.actions.baseBlob",
        bad=({}, {"tierToCool": {"daysAfterModificationGreaterThan": 30}}),
    ),
    Case(
        rule=f"{RULE}/expires",
        type=NATIVE,
        good={},
        beside=(Beside(type=POLICY, props={"policy": POLICY_RULES}, by="accountName"),),
        on=0,
        at="policy.rules.0.enabled",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule=f"{RULE}/expires",
        type=CLASSIC,
        good={},
        beside=(
            Beside(
                type=CLASSIC_POLICY,
                props={"rules": [{"name": "all", "enabled": True, "actions": ACTIONS}]},
                by="storageAccountId",
            ),
        ),
        on=0,
        at="rules.0.actions.baseBlob",
        bad=({}, {"tierToCoolAfterDaysSinceModificationGreaterThan": 30}),
    ),
    *(
        Case(
            rule="azure/storage/container/private",
            type=kind,
            good={path: private},
            at=path,
            bad=bad,
            missing=PASS,
        )
        for kind, path, private, bad in (
            (
                "azure-native:storage:BlobContainer",
                "publicAccess",
                "None",
                ("Blob", "Container"),
            ),
            (
                "azure:storage/container:Container",
                "containerAccessType",
                "private",
                ("blob", "container"),
            ),
        )
    ),
]
