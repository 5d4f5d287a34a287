"""The key with which new tables are encrypted."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A BigQuery data set has a key of one's own by default",
    severity=Severity.HIGH,
    types=("gcp:bigquery/dataset:Dataset",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_81", "bigquery_dataset_cmk_encryption"),
    remediation="set default_encryption_configuration.kms_key_name",
    link="https://cloud.google.com/bigquery/docs/customer-managed-encryption",
)

check = present("defaultEncryptionConfiguration.kmsKeyName", "Google's key encrypts it")
