"""Runtimes keep copies of the data they look at."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Colab runtime is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:colab/runtimeTemplate:RuntimeTemplate",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV2_GCP_35",),
    remediation="set encryption_spec.kms_key_name",
    link="https://cloud.google.com/colab/docs/cmek",
)

check = present("encryptionSpec.kmsKeyName", "Google's key encrypts it")
