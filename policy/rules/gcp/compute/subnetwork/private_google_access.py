"""Machines without a public address reach Google's services without the internet."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A subnetwork has Private Google Access",
    severity=Severity.MEDIUM,
    types=("gcp:compute/subnetwork:Subnetwork",),
    gdpr=("32",),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_GCP_74",),
    remediation="set private_ip_google_access",
    link="https://cloud.google.com/vpc/docs/private-google-access",
)


def check(subnetwork: Resource) -> Iterator[str]:
    """Subnetworks for proxies and for Private Service Connect hold no machines."""
    holds_machines = subnetwork.get("purpose", "PRIVATE") in ("PRIVATE", "PEER_MIGRATION")
    if holds_machines and subnetwork.get("privateIpGoogleAccess") is not True:
        yield "privateIpGoogleAccess is not on"
