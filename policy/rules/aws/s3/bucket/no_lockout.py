"""A policy that denies everybody everything can be removed by the root user only."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.documents import of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket policy locks nobody out",
    severity=Severity.MEDIUM,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.308(a)(7)",),
    controls=("CKV_AWS_93",),
    remediation="add a condition to the statement that denies",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-bucket-policies.html",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A bucket without a policy locks nobody out."""
    for policy in settings(bucket, stack, "bucketPolicy:BucketPolicy", "policy"):
        for statement in of_resource(policy):
            everything = any(action in ("*", "s3:*") for action in statement.actions)
            denied = not statement.allows and statement.for_anybody and everything
            if denied and not statement.conditions:
                yield f"{policy.name} denies everything to everybody"
