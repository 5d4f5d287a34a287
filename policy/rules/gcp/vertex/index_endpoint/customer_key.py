"""Indexes hold vectors of the data itself."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Vertex AI index endpoint is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:vertex/aiIndexEndpoint:AiIndexEndpoint",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    remediation="set encryption_spec.kms_key_name",
    link="https://cloud.google.com/vertex-ai/docs/general/cmek",
)

check = present("encryptionSpec.kmsKeyName", "Google's key encrypts it")
