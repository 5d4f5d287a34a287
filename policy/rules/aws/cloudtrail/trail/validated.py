"""Digests prove that nobody changed the trail afterwards."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A trail's files can be validated",
    severity=Severity.MEDIUM,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("30",),
    hipaa=("164.312(b)", "164.312(c)(1)"),
    controls=("CloudTrail.4", "CKV_AWS_36", "cloudtrail_log_file_validation_enabled"),
    remediation="set enable_log_file_validation",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-4",
)

check = equals("enableLogFileValidation", True)
