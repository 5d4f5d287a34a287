"""Images that nothing names any more are not kept for ever."""

from policy.checks import by_type, equals, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": equals("policies.retentionPolicy.status", "enabled"),
    "azure:containerservice/registry:Registry": present(
        "retentionPolicyInDays", "they are kept for ever"
    ),
}

RULE = Rule(
    title="A container registry deletes manifests without a tag",
    severity=Severity.LOW,
    types=tuple(CHECKS),
    gdpr=("5(1)(e)",),
    controls=("CKV_AZURE_167",),
    remediation="set policies.retention_policy (tier Premium)",
    link="https://learn.microsoft.com/azure/container-registry/container-registry-retention-policy",
)

check = by_type(CHECKS)
