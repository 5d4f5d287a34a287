"""Rights of single users are forgotten when their work changes."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="IAM users have no policies of their own",
    severity=Severity.LOW,
    types=(
        "aws:iam/userPolicy:UserPolicy",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/policyAttachment:PolicyAttachment",
    ),
    gdpr=("32",),
    hipaa=("164.312(a)(1)",),
    controls=("IAM.2", "CKV_AWS_40"),
    remediation="give the rights to a role or a group",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-2",
)


def check(resource: Resource) -> Iterator[str]:
    """The first two kinds are for users only."""
    if resource.type != "aws:iam/policyAttachment:PolicyAttachment":
        yield "it gives rights to a single user"
    elif users := resource.get("users"):
        yield f"it gives rights to the users {', '.join(users)}"
