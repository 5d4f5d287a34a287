"""Only images that were signed are run."""

from policy.checks import by_type, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": equals("policies.trustPolicy.status", "enabled"),
    "azure:containerservice/registry:Registry": equals("trustPolicyEnabled", True),
}

RULE = Rule(
    title="A container registry knows which images are signed",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("CKV_AZURE_164",),
    remediation="set policies.trust_policy (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/container-registry-content-trust",
)

check = by_type(CHECKS)
