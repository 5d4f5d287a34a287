"""Personal data is kept no longer than its purpose needs."""

from collections.abc import Iterator
from itertools import chain

from policy.buckets import lifecycle_rules, takes_access_logs
from policy.holders import BUCKETS, days, expiry
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="Objects are deleted after the longest time that is allowed",
    severity=Severity.MEDIUM,
    types=BUCKETS,
    gdpr=("5(1)(e)",),
    controls=("S3.13", "CKV2_AWS_61"),
    remediation="add a lifecycle rule that deletes objects within trimaran:policy.retention",
    link="https://gdpr-info.eu/art-5-gdpr/",
)

TRAIL = "aws:cloudtrail/trail:Trail"
MANAGEMENT = "azure-native:storage:ManagementPolicy"


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A bucket for logs keeps to the limit for logs."""
    limits = stack.facts.policy.retention
    limit = limits.logs_days if _keeps_logs(bucket, stack) else limits.objects_days
    ends = list(_ends(bucket, stack))
    if not ends:
        yield "no lifecycle rule deletes its objects"
    elif max(ends) > limit:
        yield f"its objects are deleted after {max(ends)} days only; {limit} are allowed"


def _keeps_logs(bucket: Resource, stack: Stack) -> bool:
    trails = stack.of(TRAIL)
    return takes_access_logs(bucket, stack) or any(
        bucket in stack.named(trail, "s3BucketName", *BUCKETS) for trail in trails
    )


def _ends(bucket: Resource, stack: Stack) -> Iterator[int]:
    found = chain(_in_s3(bucket, stack), _in_gcs(bucket), _in_azure(bucket, stack))
    return (end for end in found if end is not None)


def _in_s3(bucket: Resource, stack: Stack) -> Iterator[int | None]:
    if bucket.cloud == "aws":
        for rule in lifecycle_rules(bucket, stack):
            yield expiry(rule)


def _in_gcs(bucket: Resource) -> Iterator[int | None]:
    if bucket.cloud == "gcp":
        for index, _ in enumerate(bucket.blocks("lifecycleRules")):
            rule = f"lifecycleRules.{index}"
            # Rules about overwritten versions tell nothing about the objects themselves.
            live = bucket.get(f"{rule}.condition.withState", "ANY") != "ARCHIVED"
            newer = bucket.get(f"{rule}.condition.numNewerVersions")
            noncurrent = bucket.get(f"{rule}.condition.daysSinceNoncurrentTime")
            if bucket.get(f"{rule}.action.type") == "Delete" and live and not newer:
                yield None if noncurrent else days(bucket.get(f"{rule}.condition.age"))


def _in_azure(account: Resource, stack: Stack) -> Iterator[int | None]:
    if account.cloud != "azure-native":
        return
    for policy in stack.belonging(account, MANAGEMENT, by="accountName"):
        for index, _ in enumerate(policy.blocks("policy.rules")):
            action = f"policy.rules.{index}.definition.actions.baseBlob.delete"
            for name in ("daysAfterModificationGreaterThan", "daysAfterCreationGreaterThan"):
                yield days(policy.get(f"{action}.{name}"))
