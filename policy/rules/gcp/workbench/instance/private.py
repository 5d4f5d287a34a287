"""A notebook with an address on the internet is found within minutes."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Workbench notebook has no public address",
    severity=Severity.HIGH,
    types=("gcp:workbench/instance:Instance",),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_GCP_89", "CKV2_GCP_28", "CKV2_GCP_36"),
    remediation="set gce_setup.disable_public_ip",
    link="https://cloud.google.com/vertex-ai/docs/workbench/instances/create",
)

check = equals("gceSetup.disablePublicIp", True)
