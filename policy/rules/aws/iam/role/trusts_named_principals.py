"""A role that anybody may take belongs to anybody."""

from collections.abc import Iterator

from policy.documents import of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A role is trusted to named principals only",
    severity=Severity.CRITICAL,
    types=("aws:iam/role:Role",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("CKV_AWS_60", "CKV_AWS_61", "CKV_AWS_283"),
    remediation="name the principals in assume_role_policy",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html",
)


def check(resource: Resource) -> Iterator[str]:
    """A role without a trust policy cannot be made, nor be judged."""
    trusted = of_resource(resource, "assumeRolePolicy")
    if not trusted:
        yield "assumeRolePolicy is not set"
    for statement in trusted:
        if statement.allows and statement.for_anybody:
            yield "assumeRolePolicy allows principal *"
