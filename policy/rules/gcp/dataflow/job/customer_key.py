"""A pipeline keeps its state on disks."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Dataflow job is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:dataflow/job:Job", "gcp:dataflow/flexTemplateJob:FlexTemplateJob"),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_90",),
    remediation="set kms_key_name",
    link="https://cloud.google.com/dataflow/docs/guides/customer-managed-encryption-keys",
)

check = present("kmsKeyName", "Google's key encrypts it")
