"""A data set is the data."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Vertex AI data set is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:vertex/aiDataset:AiDataset",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_92",),
    remediation="set encryption_spec.kms_key_name",
    link="https://cloud.google.com/vertex-ai/docs/general/cmek",
)

check = present("encryptionSpec.kmsKeyName", "Google's key encrypts it")
