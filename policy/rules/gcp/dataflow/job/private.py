"""Workers read all of the raw data."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="The workers of a Dataflow job have private addresses only",
    severity=Severity.HIGH,
    types=("gcp:dataflow/job:Job", "gcp:dataflow/flexTemplateJob:FlexTemplateJob"),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV_GCP_94",),
    remediation="set ip_configuration to WORKER_IP_PRIVATE",
    link="https://cloud.google.com/dataflow/docs/guides/routes-firewall",
)

check = equals("ipConfiguration", "WORKER_IP_PRIVATE")
