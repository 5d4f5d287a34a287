"""Who may change policies of any resource may open them to anybody."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy changes access to every resource",
    severity=Severity.HIGH,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_289",),
    remediation="name the resources, or add a condition",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
)

ACTIONS = (
    "s3:PutBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutObjectAcl",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "kms:PutKeyPolicy",
    "kms:CreateGrant",
    "ecr:SetRepositoryPolicy",
    "secretsmanager:PutResourcePolicy",
    "glue:PutResourcePolicy",
    "sns:AddPermission",
    "lambda:AddPermission",
)


def check(resource: Resource) -> Iterator[str]:
    """On named resources, or under a condition, it is meant."""
    for statement in allowing(resource):
        granted = [action for action in ACTIONS if statement.grants(action)]
        if granted and statement.on_everything and not statement.conditions:
            yield f"it allows {', '.join(granted)} on everything"
