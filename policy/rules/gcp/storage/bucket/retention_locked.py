"""A locked policy holds against owners, too; it cannot be taken back."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Cloud Storage bucket has a locked retention policy",
    severity=Severity.LOW,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("cloudstorage_bucket_log_retention_policy_lock",),
    remediation="set retention_policy with is_locked",
    link="https://cloud.google.com/storage/docs/bucket-lock",
)

check = equals("retentionPolicy.isLocked", True)
