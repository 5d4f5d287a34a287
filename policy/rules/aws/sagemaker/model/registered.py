"""A registry tells which model served when, and who approved it."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="A stack with models has a registry for them",
    severity=Severity.LOW,
    types=("aws:sagemaker/model:Model",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("sagemaker_models_registry_in_use",),
    remediation="declare a ModelPackageGroup and register each version",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry.html",
)

GROUP = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"


def check_in_stack(_: Resource, stack: Stack) -> Iterator[str]:
    """Versions are registered by jobs, not declared: the group is what can be seen here."""
    if not stack.of(GROUP):
        yield "the stack has no ModelPackageGroup"
