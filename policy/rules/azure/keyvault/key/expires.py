"""A key that is forgotten stops working."""

from policy.checks import by_type, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Key": present("properties.attributes.expires", "it is valid for ever"),
    "azure:keyvault/key:Key": present("expirationDate", "it is valid for ever"),
}

RULE = Rule(
    title="A key in Key Vault expires",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AZURE_40", "keyvault_key_expiration_set_in_non_rbac"),
    remediation="set attributes.expires",
    link="https://learn.microsoft.com/azure/key-vault/keys/about-keys-details",
)

check = by_type(CHECKS)
