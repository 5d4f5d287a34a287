"""Everybody who may read a table may copy it."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on BigQuery's data sets and tables lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("bigquery/datasetIam", "bigquery/iam", "bigquery/connectionIam"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_15", "CKV_GCP_100"),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/bigquery/docs/control-access-to-resources-iam",
)

check = nobody_from_outside()
