"""Images hold code, and models."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="An Artifact Registry repository is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("gcp:artifactregistry/repository:Repository",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_84",),
    remediation="set kms_key_name",
    link="https://cloud.google.com/artifact-registry/docs/cmek",
)

check = present("kmsKeyName", "Google's key encrypts it")
