"""What everybody may reach is attacked by everybody."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

ANYWHERE = ("*", "Internet", "Any", "0.0.0.0/0", "::/0")

RULE = Rule(
    title="No network security group lets the whole internet in",
    severity=Severity.HIGH,
    types=(
        "azure-native:network:NetworkSecurityGroup",
        "azure:network/networkSecurityGroup:NetworkSecurityGroup",
        "azure-native:network:SecurityRule",
        "azure:network/networkSecurityRule:NetworkSecurityRule",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_AZURE_9", "CKV_AZURE_10", "network_ssh_internet_access_restricted"),
    remediation="name the addresses or the service tags that may come in",
    link="https://learn.microsoft.com/azure/virtual-network/network-security-groups-overview",
)


def check(resource: Resource) -> Iterator[str]:
    """Rules are in their group, or resources of their own."""
    is_group = resource.type.endswith("Group")
    for rule in resource.blocks("securityRules") if is_group else [resource.inputs]:
        part = Resource(urn=resource.urn, token=resource.token, name=resource.name, inputs=rule)
        if part.get("direction") != "Inbound" or part.get("access") != "Allow":
            continue
        sources = [part.get("sourceAddressPrefix"), *part.get("sourceAddressPrefixes", [])]
        for source in sources:
            if source in ANYWHERE:
                yield f"rule {part.get('name', resource.name)} lets in {source}"
