"""The automatic subnetworks are in every region, with routes between them."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A network has the subnetworks that were planned, and no others",
    severity=Severity.MEDIUM,
    types=("gcp:compute/network:Network",),
    gdpr=("25",),
    hipaa=("164.312(e)(1)",),
    controls=("compute_network_not_legacy",),
    remediation="set auto_create_subnetworks to false",
    link="https://cloud.google.com/vpc/docs/vpc",
)

check = equals("autoCreateSubnetworks", False)
