"""Images hold code, and models."""

from policy.checks import by_type, differs
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": differs("anonymousPullEnabled", True),
    "azure:containerservice/registry:Registry": differs("anonymousPullEnabled", True),
}

RULE = Rule(
    title="A container registry gives images to nobody unknown",
    severity=Severity.CRITICAL,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AZURE_138",),
    remediation="leave anonymous_pull_enabled off",
    link="https://learn.microsoft.com/azure/container-registry/anonymous-pull-access",
)

check = by_type(CHECKS)
