"""An ACL for everybody publishes the bucket, one for all AWS users nearly does."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack
from policy.values import known

RULE = Rule(
    title="No ACL opens an S3 bucket to everybody",
    severity=Severity.CRITICAL,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("S3.2", "S3.3", "CKV_AWS_20", "CKV_AWS_57", "CKV_AWS_375", "CKV2_AWS_43"),
    remediation="leave the ACL out, or set it to private",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html",
)

PUBLIC = ("public-read", "public-read-write", "authenticated-read")
GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers")


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """A bucket is private where nothing is said."""
    for holder in settings(bucket, stack, "bucketAcl:BucketAcl", "acl"):
        acl = holder.get("acl")
        if acl in PUBLIC:
            yield f"its ACL is {acl}"
        for block in holder.blocks("accessControlPolicy.grants"):
            uri = known((block.get("grantee") or {}).get("uri"), "accessControlPolicy.grants")
            if str(uri).endswith(GROUPS):
                yield f"its ACL grants access to {uri}"
    for block in bucket.blocks("grants"):
        if str(known(block.get("uri"), "grants")).endswith(GROUPS):
            yield f"its grants name {block['uri']}"
