"""Credentials that a call returns can be carried away."""

from collections.abc import Iterator

from policy.documents import IDENTITY_POLICIES, allowing
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="No IAM policy creates credentials for anybody",
    severity=Severity.HIGH,
    types=IDENTITY_POLICIES,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_287",),
    remediation="name the resources, or add a condition",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege",
)

ACTIONS = (
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:CreateServiceSpecificCredential",
    "iam:ResetServiceSpecificCredential",
    "sts:GetFederationToken",
    "sts:GetSessionToken",
    "redshift:GetClusterCredentials",
    "rds-db:connect",
    "cognito-identity:GetCredentialsForIdentity",
)


def check(resource: Resource) -> Iterator[str]:
    """For named users, or under a condition, it is meant."""
    for statement in allowing(resource):
        granted = [action for action in ACTIONS if statement.grants(action)]
        if granted and statement.on_everything and not statement.conditions:
            yield f"it allows {', '.join(granted)} on everything"
