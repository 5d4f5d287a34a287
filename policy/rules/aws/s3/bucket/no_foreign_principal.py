"""A principal that the policy does not name can be anybody, in any account."""

from collections.abc import Iterator

from policy.buckets import settings
from policy.documents import Statement, account_of, of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An S3 bucket policy allows nothing to anybody",
    severity=Severity.CRITICAL,
    types=("aws:s3/bucket:Bucket",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("S3.6", "CKV_AWS_70", "s3_bucket_policy_public_write_access"),
    remediation="name the principals, or bind * to an account or organisation by a condition",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/s3-controls.html#s3-6",
)

NARROW = (
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:SourceAccount",
    "aws:SourceVpce",
    "aws:SourceArn",
)
CHANGES = (
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketPolicy",
    "s3:PutEncryptionConfiguration",
    "s3:PutObjectAcl",
)


def check_in_stack(bucket: Resource, stack: Stack) -> Iterator[str]:
    """Other accounts may be named, but not to change what protects the bucket."""
    for policy in settings(bucket, stack, "bucketPolicy:BucketPolicy", "policy"):
        for statement in of_resource(policy):
            if not statement.allows:
                continue
            if statement.for_anybody and not statement.asks_for(*NARROW):
                yield f"{policy.name} allows principal *"
            elif foreign := _foreign(statement, stack.facts.account):
                granted = [action for action in CHANGES if statement.grants(action)]
                if granted:
                    yield f"{policy.name} allows {', '.join(granted)} to {', '.join(foreign)}"


def _foreign(statement: Statement, own: str | None) -> list[str]:
    named = statement.principals.get("AWS", ())
    return [name for name in named if own and account_of(name) not in ("", own)]
