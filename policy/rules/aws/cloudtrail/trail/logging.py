"""A trail that is switched off records nothing."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="A trail is switched on",
    severity=Severity.CRITICAL,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("CKV_AWS_251",),
    remediation="leave enable_logging on",
    link="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-turning-off-logging.html",
)

check = differs("enableLogging", False)
