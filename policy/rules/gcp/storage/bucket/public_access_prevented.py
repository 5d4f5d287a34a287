"""Prevention outweighs any grant that is made later, by mistake or not."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="Public access to a Cloud Storage bucket is prevented",
    severity=Severity.CRITICAL,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_114", "cloudstorage_bucket_public_access"),
    remediation="set public_access_prevention to enforced",
    link="https://cloud.google.com/storage/docs/public-access-prevention",
)

check = equals("publicAccessPrevention", "enforced")
