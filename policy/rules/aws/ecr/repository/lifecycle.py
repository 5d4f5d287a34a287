"""Old images keep old holes."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="A repository has a lifecycle policy",
    severity=Severity.LOW,
    types=("aws:ecr/repository:Repository",),
    gdpr=("5(1)(e)",),
    controls=("ECR.3",),
    remediation="declare a LifecyclePolicy",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ecr-controls.html#ecr-3",
)


def check_in_stack(repository: Resource, stack: Stack) -> Iterator[str]:
    """The policy is a resource of its own."""
    if not stack.belonging(repository, "aws:ecr/lifecyclePolicy:LifecyclePolicy", by="repository"):
        yield "it has no LifecyclePolicy"
