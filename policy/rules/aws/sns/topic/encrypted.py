"""Alarms tell what is wrong, and where."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A topic is encrypted",
    severity=Severity.LOW,
    types=("aws:sns/topic:Topic",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("SNS.1", "CKV_AWS_26"),
    remediation="set kms_master_key_id",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/sns-controls.html#sns-1",
)

check = present("kmsMasterKeyId", "its messages are not encrypted")
