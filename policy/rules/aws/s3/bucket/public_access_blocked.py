"""The four blocks keep a bucket private, whatever an ACL or a policy says later."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="All public access to an S3 bucket is blocked",
    severity=Severity.CRITICAL,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=(
        "S3.8",
        "CKV_AWS_53",
        "CKV_AWS_54",
        "CKV_AWS_55",
        "CKV_AWS_56",
        "CKV2_AWS_6",
        "CloudTrail.6",
    ),
    remediation="declare a BucketPublicAccessBlock for the bucket with all four blocks on",
    link="https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
)

BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """The blocks are a resource of their own, beside the bucket."""
    blocks = settings(bucket, stack, "bucketPublicAccessBlock:BucketPublicAccessBlock")
    if not blocks:
        yield "it has no BucketPublicAccessBlock"
    for block in blocks:
        for name in BLOCKS:
            if block.get(name) is not True:
                yield f"{name} of {block.name} is not on"
