from tests.policy.case import PASS, Beside, Case

NATIVE = "azure-native:keyvault:Vault"
CLASSIC = "azure:keyvault/keyVault:KeyVault"
KEY = "azure-native:keyvault:Key"
CLASSIC_KEY = "azure:keyvault/key:Key"
SECRET = "azure-native:keyvault:Secret"  # pragma: allowlist secret
CLASSIC_SECRET = "azure:keyvault/secret:Secret"  # pragma: allowlist secret
VAULT = "azure/keyvault/vault"
ROTATES = [{"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P90D"}}]
NOTIFIES = [{"action": {"type": "notify"}, "trigger": {"timeBeforeExpiry": "P30D"}}]

CASES = [
    *(
        Case(
            rule=f"{VAULT}/{rule}",
            type=NATIVE,
            good={"properties": {path: good}},
            at=f"properties.{path}",
            bad=(bad,),
        )
        for rule, path, good, bad in (
            ("purge_protected", "enablePurgeProtection", True, False),
            ("roles", "enableRbacAuthorization", True, False),
            ("no_public_network", "publicNetworkAccess", "Disabled", "Enabled"),
        )
    ),
    *(
        Case(rule=f"{VAULT}/{rule}", type=CLASSIC, good={path: good}, at=path, bad=(not good,))
        for rule, path, good in (
            ("purge_protected", "purgeProtectionEnabled", True),
            ("roles", "rbacAuthorizationEnabled", True),
            ("roles", "enableRbacAuthorization", True),
            ("no_public_network", "publicNetworkAccessEnabled", False),
        )
    ),
    Case(
        rule=f"{VAULT}/soft_delete",
        type=NATIVE,
        good={"properties": {"enableSoftDelete": True}},
        at="properties.enableSoftDelete",
        bad=(False,),
        missing=PASS,
    ),
    Case(
        rule=f"{VAULT}/default_deny",
        type=NATIVE,
        good={"properties": {"networkAcls": {"defaultAction": "Deny"}}},
        at="properties.networkAcls.defaultAction",
        bad=("Allow",),
    ),
    Case(
        rule=f"{VAULT}/default_deny",
        type=CLASSIC,
        good={"networkAcls": {"defaultAction": "Deny"}},
        at="networkAcls.defaultAction",
        bad=("Allow",),
    ),
    *(
        Case(
            rule=f"{VAULT}/private_endpoint",
            type=kind,
            good={},
            beside=(
                Beside(
                    type="azure-native:network:PrivateEndpoint",
                    props={"privateLinkServiceConnections": [{"groupIds": ["vault"]}]},
                    by="privateLinkServiceConnections.0.privateLinkServiceId",
                ),
            ),
            on=0,
            at="privateLinkServiceConnections.0.groupIds",
            bad=(["blob"],),
        )
        for kind in (NATIVE, CLASSIC)
    ),
    *(
        Case(
            rule=f"{VAULT}/logged",
            type=kind,
            good={},
            beside=(
                Beside(
                    type="azure-native:monitor:DiagnosticSetting",
                    props={"logs": [{"category": "AuditEvent", "enabled": True}]},
                    by="resourceUri",
                ),
            ),
            on=0,
            at="logs",
            bad=([], [{"category": "AuditEvent", "enabled": False}]),
        )
        for kind in (NATIVE, CLASSIC)
    ),
    Case(
        rule="azure/keyvault/key/rotation",
        type=KEY,
        good={"properties": {"kty": "RSA", "rotationPolicy": {"lifetimeActions": ROTATES}}},
        at="properties.rotationPolicy.lifetimeActions",
        bad=([], NOTIFIES),
    ),
    Case(
        rule="azure/keyvault/key/rotation",
        type=CLASSIC_KEY,
        good={"rotationPolicy": {"automatic": {"timeAfterCreation": "P90D"}}},
        at="rotationPolicy.automatic",
        bad=({},),
        unknown=PASS,
    ),
    *(
        Case(  # a key that signs
            rule="azure/keyvault/key/rotation",
            type=kind,
            good=good,
            at=at,
            bad=("RSA",),
        )
        for kind, good, at in (
            (KEY, {"properties": {"kty": "EC"}}, "properties.kty"),
            (CLASSIC_KEY, {"keyType": "EC"}, "keyType"),
        )
    ),
    Case(
        rule="azure/keyvault/key/hardware",
        type=KEY,
        good={"properties": {"kty": "RSA-HSM"}},
        at="properties.kty",
        bad=("RSA",),
    ),
    Case(
        rule="azure/keyvault/key/hardware",
        type=CLASSIC_KEY,
        good={"keyType": "EC-HSM"},
        at="keyType",
        bad=("EC",),
    ),
    *(
        Case(
            rule=f"azure/keyvault/{what}/expires",
            type=kind,
            good={"properties": {"attributes": {"expires": 1893456000}}},
            at="properties.attributes.expires",
            bad=("",),
            unknown=PASS,
        )
        for what, kind in (("key", KEY), ("secret", SECRET))
    ),
    *(
        Case(
            rule=f"azure/keyvault/{what}/expires",
            type=kind,
            good={"expirationDate": "2030-01-01T00:00:00Z"},
            at="expirationDate",
            bad=("",),
            unknown=PASS,
        )
        for what, kind in (("key", CLASSIC_KEY), ("secret", CLASSIC_SECRET))
    ),
    Case(
        rule="azure/keyvault/secret/content_type",
        type=SECRET,
        good={"properties": {"contentType": "password of the feature store"}},
        at="properties.contentType",
        bad=("",),
        unknown=PASS,
    ),
    Case(
        rule="azure/keyvault/secret/content_type",
        type=CLASSIC_SECRET,
        good={"contentType": "password of the feature store"},
        at="contentType",
        bad=("",),
        unknown=PASS,
    ),
]
