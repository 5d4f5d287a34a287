"""What has no address on the internet is not reached from there."""

from policy.checks import by_type, differs, equals
from policy.rule import Rule, Severity

CHECKS = {
    "azure-native:containerinstance:ContainerGroup": differs("ipAddress.type", "Public"),
    "azure:containerservice/group:Group": equals("ipAddressType", "Private", "None"),
}

RULE = Rule(
    title="A container group has no public address",
    severity=Severity.MEDIUM,
    types=tuple(CHECKS),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_245",),
    remediation="set ip_address.type to Private",
    link="https://learn.microsoft.com/azure/container-instances/container-instances-virtual-network-concepts",
)

check = by_type(CHECKS)
