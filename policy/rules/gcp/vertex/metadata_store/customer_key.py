"""Metadata name data sets, parameters and people."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Vertex AI metadata store is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("gcp:vertex/aiMetadataStore:AiMetadataStore",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_96",),
    remediation="set encryption_spec.kms_key_name",
    link="https://cloud.google.com/vertex-ai/docs/general/cmek",
)

check = present("encryptionSpec.kmsKeyName", "Google's key encrypts it")
