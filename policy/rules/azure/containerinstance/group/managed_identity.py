"""An identity of its own needs no password."""

from policy.checks import by_type, differs, present
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerinstance:ContainerGroup": differs("identity.type", None, "None"),
    "azure:containerservice/group:Group": present("identity.type", "it has to hold passwords"),
}

RULE = Rule(
    title="A container group has a managed identity",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("32",),
    hipaa=("164.312(d)",),
    controls=("CKV2_AZURE_28",),
    remediation="set identity",
    link="https://learn.microsoft.com/azure/container-instances/container-instances-managed-identity",
)

check = by_type(CHECKS)
