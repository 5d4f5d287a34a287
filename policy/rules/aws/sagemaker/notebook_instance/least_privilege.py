"""Whoever opens the notebook has all that its role may do."""

from collections.abc import Iterator

from policy.documents import allowing
from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="The role of a SageMaker notebook is not allowed every action of a service",
    severity=Severity.HIGH,
    types=("aws:sagemaker/notebookInstance:NotebookInstance",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV2_AWS_68",),
    remediation="name the actions that the notebook's work needs",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/security-iam-awsmanpol.html",
)

ROLE = "aws:iam/role:Role"
POLICY = "aws:iam/rolePolicy:RolePolicy"


def check_in_stack(notebook: Resource, stack: Stack) -> Iterator[str]:
    """Looks at the role's inline policies; managed ones have rules of their own."""
    if not notebook.has("roleArn"):
        yield "roleArn is not set"
    for role in stack.named(notebook, "roleArn", ROLE):
        for policy in [role, *stack.belonging(role, POLICY, by="role")]:
            for statement in allowing(policy):
                wide = [name for name in statement.actions if name.endswith("*")]
                if (wide or statement.not_actions) and statement.on_everything:
                    yield f"{policy.name} allows {', '.join(wide) or 'NotAction'} on everything"
