"""An intrusion is often noticed months later."""

from policy.checks import at_least
from policy.rule import Rule, Severity

RULE = Rule(
    title="A log group is kept for a year at least",
    severity=Severity.LOW,
    types=("aws:cloudwatch/logGroup:LogGroup",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("CKV_AWS_338", "cloudwatch_log_group_retention_policy_specific_days_enabled"),
    remediation="set retention_in_days to 365 or more",
    link="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/Working-with-log-groups-and-streams.html",
)

check = at_least("retentionInDays", 365)
