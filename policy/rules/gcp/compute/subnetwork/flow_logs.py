"""Who talked to whom can be looked up after an incident."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A subnetwork logs its flows",
    severity=Severity.MEDIUM,
    types=("gcp:compute/subnetwork:Subnetwork",),
    gdpr=("30", "32"),
    hipaa=("164.312(b)",),
    controls=("CKV_GCP_26", "compute_subnet_flow_logs_enabled"),
    remediation="set log_config",
    link="https://cloud.google.com/vpc/docs/using-flow-logs",
)


def check(subnetwork: Resource) -> Iterator[str]:
    """Subnetworks for proxies and for Private Service Connect have no flow logs."""
    holds_machines = subnetwork.get("purpose", "PRIVATE") in ("PRIVATE", "PEER_MIGRATION")
    if holds_machines and not subnetwork.has("logConfig"):
        yield "logConfig is not set"
