"""Its material never leaves a certified device."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:keyvault:Key": equals("properties.kty", "RSA-HSM", "EC-HSM"),
    "azure:keyvault/key:Key": equals("keyType", "RSA-HSM", "EC-HSM"),
}

RULE = Rule(
    title="A key in Key Vault is kept in an HSM",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AZURE_112",),
    remediation="take a premium vault and a key type that ends in HSM",
    link="https://learn.microsoft.com/azure/key-vault/keys/about-keys",
)

check = by_type(CHECKS)
