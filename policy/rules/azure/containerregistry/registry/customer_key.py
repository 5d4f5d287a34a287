"""With a key of one's own, access to the images can be taken away from everybody at once."""

from policy.checks import by_type, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": present(
        "encryption.keyVaultProperties.keyIdentifier", "Azure's key encrypts it"
    ),
    "azure:containerservice/registry:Registry": present(
        "encryption.keyVaultKeyId", "Azure's key encrypts it"
    ),
}

RULE = Rule(
    title="A container registry is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    remediation="set encryption with key_vault_properties (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/tutorial-enable-customer-managed-keys",
)

check = by_type(CHECKS)
