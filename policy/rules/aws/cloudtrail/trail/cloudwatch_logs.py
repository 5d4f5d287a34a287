"""Files in a bucket wake nobody; alarms look at log groups."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A trail goes to CloudWatch Logs as well",
    severity=Severity.LOW,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("30",),
    hipaa=("164.312(b)", "164.308(a)(6)(ii)"),
    controls=("CloudTrail.5", "CKV2_AWS_10", "cloudtrail_cloudwatch_logging_enabled"),
    remediation="set cloud_watch_logs_group_arn and cloud_watch_logs_role_arn",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-5",
)

check = present("cloudWatchLogsGroupArn", "no alarm can look at it")
