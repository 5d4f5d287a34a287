"""Who may pass any role or change any policy may do anything."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy lets its holder gain more rights",
    severity=Severity.CRITICAL,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_286", "iam_inline_policy_allows_privilege_escalation"),
    remediation="name the resources, or add a condition",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html",
)

ACTIONS = (
    "iam:PassRole",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:PutGroupPolicy",
    "iam:UpdateAssumeRolePolicy",
    "iam:AddUserToGroup",
    "sts:AssumeRole",
)


def check(resource: Resource) -> Iterator[str]:
    """On named roles, or under a condition, it is meant."""
    for statement in allowing(resource):
        granted = [action for action in ACTIONS if statement.grants(action)]
        if granted and statement.on_everything and not statement.conditions:
            yield f"it allows {', '.join(granted)} on everything"
