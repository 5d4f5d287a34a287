"""A change of the program cannot drop the table with its data."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="A BigQuery table is protected from deletion",
    severity=Severity.MEDIUM,
    types=("gcp:bigquery/table:Table",),
    gdpr=("32",),
    hipaa=("164.312(c)(1)",),
    controls=("CKV_GCP_121",),
    remediation="leave deletion_protection on",
    link="https://cloud.google.com/bigquery/docs/managing-tables",
)

check = differs("deletionProtection", False)
