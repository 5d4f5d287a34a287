"""Who finds a secret later knows what it opens, and how to rotate it."""

from policy.checks import by_type, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Secret": present(
        "properties.contentType", "nobody knows what it is for"
    ),
    "azure:keyvault/secret:Secret": present("contentType", "nobody knows what it is for"),
}

RULE = Rule(
    title="A secret in Key Vault says what it is",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    controls=("CKV_AZURE_114",),
    remediation="set content_type",
    link="https://learn.microsoft.com/azure/key-vault/secrets/about-secrets",
)

check = by_type(CHECKS)
