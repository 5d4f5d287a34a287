"""AWS's administrator policies allow everything, now and later."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No administrator policy is attached",
    severity=Severity.CRITICAL,
    types=(
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        "aws:iam/userPolicyAttachment:UserPolicyAttachment",
        "aws:iam/groupPolicyAttachment:GroupPolicyAttachment",
        "aws:iam/policyAttachment:PolicyAttachment",
        "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive",
        "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive",
        "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive",
        "aws:iam/role:Role",
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("IAM.1", "CKV_AWS_274", "iam_role_administratoraccess_policy"),
    remediation="attach a policy with the actions that the work needs",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html#iam-1",
)

REFUSED = ("/AdministratorAccess", "/PowerUserAccess", "/IAMFullAccess")


def check(resource: Resource) -> Iterator[str]:
    """Attached beside the role or in it."""
    lists = (resource.get("managedPolicyArns", []), resource.get("policyArns", []))
    attached = [resource.get("policyArn", ""), *(arn for found in lists for arn in found)]
    for arn in attached:
        if str(arn).endswith(REFUSED):
            yield f"it attaches {arn}"
