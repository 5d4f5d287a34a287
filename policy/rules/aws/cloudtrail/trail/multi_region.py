"""What happens in a forgotten region is noticed nowhere else."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A trail records all regions",
    severity=Severity.HIGH,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("25", "30"),
    hipaa=("164.312(b)",),
    controls=("CloudTrail.1", "CKV_AWS_67", "cloudtrail_multi_region_enabled"),
    remediation="set is_multi_region_trail",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/cloudtrail-controls.html#cloudtrail-1",
)

check = equals("isMultiRegionTrail", True)
