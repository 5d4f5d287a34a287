"""What reads data shows who it is, and no key of the whole account."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:machinelearningservices:Workspace": equals(
        "systemDatastoresAuthMode", "identity", "Identity"
    ),
    "azure:machinelearning/workspace:Workspace": equals("storageAccountAccessType", "Identity"),
}

RULE = Rule(
    title="An ML workspace reads its own storage with an identity",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(d)",),
    remediation="set system_datastores_auth_mode to identity",
    link="https://learn.microsoft.com/azure/machine-learning/how-to-disable-local-auth-storage",
)

check = by_type(CHECKS)
