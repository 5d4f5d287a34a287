"""A service can be made to take a role for somebody else's account."""

from collections.abc import Iterator

from policy.documents import of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A role that services take is bound to the account",
    severity=Severity.MEDIUM,
    types=("aws:iam/role:Role",),
    gdpr=("32",),
    hipaa=("164.312(a)(1)",),
    controls=("iam_role_cross_service_confused_deputy_prevention",),
    remediation="add a condition on aws:SourceAccount or aws:SourceArn",
    link="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
)

# Those of its own machines; they send no source:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
WITHOUT_SOURCE = ("ec2.amazonaws.com", "ecs-tasks.amazonaws.com")


def check(resource: Resource) -> Iterator[str]:
    """Other accounts' principals are bound by an external id, which is another matter."""
    for statement in of_resource(resource, "assumeRolePolicy"):
        services = set(statement.principals.get("Service", ())) - set(WITHOUT_SOURCE)
        bound = statement.asks_for("aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID")
        if statement.allows and services and not bound:
            yield f"{', '.join(sorted(services))} may take it for any account"
