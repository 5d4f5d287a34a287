"""Figures and samples of a training are shown there."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Vertex AI TensorBoard is encrypted with a key of one's own",
    severity=Severity.MEDIUM,
    types=("gcp:vertex/aiTensorboard:AiTensorboard",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV2_GCP_26",),
    remediation="set encryption_spec.kms_key_name",
    link="https://cloud.google.com/vertex-ai/docs/general/cmek",
)

check = present("encryptionSpec.kmsKeyName", "Google's key encrypts it")
