"""One way of granting access, so that no object has a forgotten ACL of its own."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Cloud Storage bucket has uniform access",
    severity=Severity.HIGH,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_29", "cloudstorage_bucket_uniform_bucket_level_access"),
    remediation="set uniform_bucket_level_access",
    link="https://cloud.google.com/storage/docs/uniform-bucket-level-access",
)

check = equals("uniformBucketLevelAccess", True)
