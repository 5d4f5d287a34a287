"""Whoever pulls the image has the code in it."""

from collections.abc import Iterator

from policy.documents import of_resource
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A repository's policy allows nothing to anybody",
    severity=Severity.CRITICAL,
    types=("aws:ecr/repositoryPolicy:RepositoryPolicy",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_32",),
    remediation="name the principals",
    link="https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-policies.html",
)


def check(resource: Resource) -> Iterator[str]:
    """A condition on the organisation narrows * down."""
    if not resource.has("policy"):
        yield "policy is not set"
    for statement in of_resource(resource):
        narrowed = statement.asks_for("aws:PrincipalOrgID", "aws:PrincipalAccount")
        if statement.allows and statement.for_anybody and not narrowed:
            yield "its policy allows principal *"
