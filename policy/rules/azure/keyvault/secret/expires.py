"""A secret that is forgotten stops working."""

from policy.checks import by_type, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Secret": present(
        "properties.attributes.expires", "it is valid for ever"
    ),
    "azure:keyvault/secret:Secret": present("expirationDate", "it is valid for ever"),
}

RULE = Rule(
    title="A secret in Key Vault expires",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("CKV_AZURE_41", "keyvault_rbac_secret_expiration_set"),
    remediation="set attributes.expires",
    link="https://learn.microsoft.com/azure/key-vault/secrets/about-secrets",
)

check = by_type(CHECKS)
