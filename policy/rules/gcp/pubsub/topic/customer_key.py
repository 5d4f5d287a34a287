"""Messages wait on disks until they are taken."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Pub/Sub topic is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("gcp:pubsub/topic:Topic",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_83",),
    remediation="set kms_key_name",
    link="https://cloud.google.com/pubsub/docs/encryption",
)

check = present("kmsKeyName", "Google's key encrypts it")
