"""A bucket that everybody may read is published."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a Cloud Storage bucket lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("storage/bucketIAM", "storage/managedFolderIam"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_28",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/storage/docs/access-control/iam",
)

check = nobody_from_outside()
