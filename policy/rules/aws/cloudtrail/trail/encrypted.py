"""A trail tells who did what to whose data."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A trail is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("30", "32"),
    hipaa=("164.312(a)(2)(iv)", "164.312(b)"),
    controls=("CloudTrail.2", "CKV_AWS_35", "cloudtrail_kms_encryption_enabled"),
    remediation="set kms_key_id",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-2",
)

check = present("kmsKeyId", "the trail has a key of the service's only")
