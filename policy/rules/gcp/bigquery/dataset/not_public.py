"""Everybody who may read a data set may copy it."""

from collections.abc import Iterator

from policy.members import PUBLIC
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A BigQuery data set lets in nobody from outside",
    severity=Severity.CRITICAL,
    types=("gcp:bigquery/dataset:Dataset", "gcp:bigquery/datasetAccess:DatasetAccess"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_15", "bigquery_dataset_public_access"),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/bigquery/docs/control-access-to-resources-iam",
)


def check(resource: Resource) -> Iterator[str]:
    """Without `accesses`, a data set is for the project's own people; an entry names one itself."""
    entries = resource.blocks("accesses") if resource.type == RULE.types[0] else [resource.inputs]
    for entry in entries:
        item = Resource(urn=resource.urn, token=resource.token, name=resource.name, inputs=entry)
        for path in ("specialGroup", "iamMember"):
            value = item.get(path)
            if value in PUBLIC:
                yield f"{path} is {value}"
