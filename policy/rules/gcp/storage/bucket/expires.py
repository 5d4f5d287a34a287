"""Personal data is kept no longer than its purpose needs."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Cloud Storage bucket deletes objects after a time",
    severity=Severity.MEDIUM,
    types=("gcp:storage/bucket:Bucket",),
    gdpr=("5(1)(e)", "25"),
    controls=("cloudstorage_bucket_lifecycle_management_enabled",),
    remediation="add a lifecycle rule with action Delete and an age",
    link="https://cloud.google.com/storage/docs/lifecycle",
)


def check(bucket: Resource) -> Iterator[str]:
    """A rule that deletes old versions only lets the data itself stay for ever."""
    for rule in bucket.blocks("lifecycleRules"):
        part = Resource(urn=bucket.urn, token=bucket.token, name=bucket.name, inputs=rule)
        is_live = part.get("condition.withState", "ANY") != "ARCHIVED"
        if part.get("action.type") == "Delete" and is_live and part.has("condition.age"):
            return
    yield "no rule of lifecycleRules deletes objects of some age"
