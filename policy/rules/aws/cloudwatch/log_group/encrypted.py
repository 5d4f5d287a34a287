"""Logs quote requests, names and errors with data in them."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A log group is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("aws:cloudwatch/logGroup:LogGroup",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_AWS_158", "cloudwatch_log_group_kms_encryption_enabled"),
    remediation="set kms_key_id",
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html",
)

check = present("kmsKeyId", "its events have a key of the service's only")
