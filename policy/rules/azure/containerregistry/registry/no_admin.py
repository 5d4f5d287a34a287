"""The admin user is one password for everybody."""

from policy.checks import by_type, differs
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerregistry:Registry": differs("adminUserEnabled", True),
    "azure:containerservice/registry:Registry": differs("adminEnabled", True),
}

RULE = Rule(
    title="A container registry has no admin user",
    severity=Severity.HIGH,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(d)",),
    controls=("CKV_AZURE_137", "containerregistry_admin_user_disabled"),
    remediation="leave admin_user_enabled off",
    link="https://learn.microsoft.com/azure/container-registry/container-registry-authentication",
)

check = by_type(CHECKS)
