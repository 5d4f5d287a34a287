"""A table's own key, or that of its data set."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="A BigQuery table is encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("gcp:bigquery/table:Table",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("CKV_GCP_80", "bigquery_table_cmk_encryption"),
    remediation="set encryption_configuration.kms_key_name, or the data set's default",
    link="https://cloud.google.com/bigquery/docs/customer-managed-encryption",
)


def check_in_stack(table: Resource, stack: Stack) -> Iterator[str]:
    """Views and external tables store nothing; others get their data set's key by default."""
    if table.has("view") or table.has("externalDataConfiguration"):
        return
    if table.has("encryptionConfiguration.kmsKeyName"):
        return
    sets = stack.named(table, "datasetId", "gcp:bigquery/dataset:Dataset")
    if not any(owner.has("defaultEncryptionConfiguration.kmsKeyName") for owner in sets):
        yield "neither it nor its data set names a key"
