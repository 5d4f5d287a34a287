"""Without TLS requests and rows pass in the clear."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.documents import Statement, of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket refuses requests without TLS",
    severity=Severity.HIGH,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    controls=("S3.5", "CKV_AWS_379", "s3_bucket_secure_transport_policy"),
    remediation="declare a BucketPolicy that denies s3:* where aws:SecureTransport is false",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-5",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """The policy stands in the bucket or beside it."""
    policies = settings(bucket, stack, "bucketPolicy:BucketPolicy", "policy")
    if not any(
        _refuses_plain(statement) for policy in policies for statement in of_resource(policy)
    ):
        yield "no policy denies requests without TLS"


def _refuses_plain(statement: Statement) -> bool:
    plain = statement.conditions.get("Bool", {}).get("aws:SecureTransport")
    return (
        not statement.allows
        and statement.for_anybody
        and any(action in ("s3:*", "*") for action in statement.actions)
        and str(plain).lower() in ("false", "['false']")
    )
