"""The catalogue tells names, columns and places of all tables."""

from collections.abc import Iterator

from policy.documents import of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Glue resource policy allows nothing to anybody",
    severity=Severity.CRITICAL,
    types=("aws:glue/resourcePolicy:ResourcePolicy",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("glue_data_catalogs_not_publicly_accessible",),
    remediation="name the principals",
    link="https://docs.aws.amazon.com/glue/latest/dg/security_iam_service-with-iam.html",
)


def check(resource: Resource) -> Iterator[str]:
    """A condition on the organisation narrows * down."""
    if not resource.has("policy"):
        yield "policy is not set"
    for statement in of_resource(resource):
        narrowed = statement.asks_for("aws:PrincipalOrgID", "aws:PrincipalAccount")
        if statement.allows and statement.for_anybody and not narrowed:
            yield "its policy allows principal *"
