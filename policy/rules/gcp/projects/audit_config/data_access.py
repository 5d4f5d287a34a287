"""Without these logs nobody can tell who read the data."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="An audit configuration logs who reads and writes data, without exception",
    severity=Severity.MEDIUM,
    types=("gcp:projects/iAMAuditConfig:IAMAuditConfig",),
    gdpr=("30", "32"),
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    controls=("iam_audit_logs_enabled", "cloudstorage_audit_logs_enabled"),
    remediation="log DATA_READ and DATA_WRITE, and exempt no member",
    link="https://cloud.google.com/logging/docs/audit/configure-data-access",
)


def check(config: Resource) -> Iterator[str]:
    """Administrators' reads are a log of their own; what they write is always logged."""
    blocks = config.get("auditLogConfigs", [])
    kinds = {block.get("logType") for block in blocks}
    for kind in ("DATA_READ", "DATA_WRITE"):
        if kind not in kinds:
            yield f"auditLogConfigs has no {kind}"
    for block in blocks:
        if block.get("exemptedMembers"):
            yield f"{block.get('logType')} exempts members"
