"""With a key of one's own, access to the data can be taken away from everybody at once."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Cloud Storage bucket is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    remediation="set encryption.default_kms_key_name",
    link="https://cloud.google.com/storage/docs/encryption/customer-managed-keys",
)

check = present("encryption.defaultKmsKeyName", "Google's key encrypts it")
