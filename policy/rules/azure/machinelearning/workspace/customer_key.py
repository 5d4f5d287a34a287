"""Names of runs, parameters and figures are data, too."""

from policy.checks import by_type, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:machinelearningservices:Workspace": present(
        "encryption.keyVaultProperties.keyIdentifier", "Azure's key encrypts it"
    ),
    "azure:machinelearning/workspace:Workspace": present(
        "encryption.keyId", "Azure's key encrypts it"
    ),
}

RULE = Rule(
    title="An ML workspace is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    remediation="set encryption with key_vault_properties",
    link="https://learn.microsoft.com/azure/machine-learning/concept-customer-managed-keys",
)

check = by_type(CHECKS)
