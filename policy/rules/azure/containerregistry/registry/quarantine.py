"""An image is not given out before it was looked at."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": equals(
        "policies.quarantinePolicy.status", "enabled"
    ),
    "azure:containerservice/registry:Registry": equals("quarantinePolicyEnabled", True),
}

RULE = Rule(
    title="A container registry holds new images back until they are checked",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("CKV_AZURE_166",),
    remediation="set policies.quarantine_policy (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/container-registry-faq",
)

check = by_type(CHECKS)
