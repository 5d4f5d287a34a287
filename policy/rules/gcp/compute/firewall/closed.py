"""What everybody may reach is attacked by everybody."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No firewall rule lets the whole internet in",
    severity=Severity.HIGH,
    types=("gcp:compute/firewall:Firewall",),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=(
        "CKV_GCP_2",
        "CKV_GCP_3",
        "CKV_GCP_106",
        "compute_firewall_ssh_access_from_the_internet_allowed",
    ),
    remediation="name source_ranges, source_tags or source_service_accounts",
    link="https://cloud.google.com/firewall/docs/firewalls",
)


def check(firewall: Resource) -> Iterator[str]:
    """A rule for what comes in that names no source is for any source."""
    if firewall.get("direction", "INGRESS") != "INGRESS" or firewall.get("disabled") is True:
        return
    if not firewall.has("allows"):
        return
    ranges = firewall.get("sourceRanges", [])
    if not ranges and not firewall.has("sourceTags") and not firewall.has("sourceServiceAccounts"):
        yield "it names no source, so that it lets in any"
    for anywhere in ("0.0.0.0/0", "::/0"):
        if anywhere in ranges:
            yield f"sourceRanges has {anywhere}"
