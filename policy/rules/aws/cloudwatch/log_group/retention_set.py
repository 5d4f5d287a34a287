"""What has no retention is kept for ever."""

from policy.checks import at_least
from policy.rule import Rule, Severity

RULE = Rule(
    title="A log group has a retention",
    severity=Severity.MEDIUM,
    types=("aws:cloudwatch/logGroup:LogGroup",),
    gdpr=("5(1)(e)",),
    hipaa=("164.312(b)",),
    controls=("CKV_AWS_66",),
    remediation="set retention_in_days",
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
)

check = at_least("retentionInDays", 1)
