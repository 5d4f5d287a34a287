"""What names no security group gets the default one."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="The default security group of a VPC is closed",
    severity=Severity.HIGH,
    types=("aws:ec2/vpc:Vpc",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("EC2.2", "CKV2_AWS_12"),
    remediation="declare a DefaultSecurityGroup without rules",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-2",
)


def check_in_stack(vpc: Resource, stack: Stack) -> Iterator[str]:
    """Adopted without rules it is emptied; not adopted it is open."""
    groups = stack.belonging(vpc, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", by="vpcId")
    if not groups:
        yield "its default security group is not adopted"
    for group in groups:
        if group.has("ingress") or group.has("egress"):
            yield f"{group.name} has rules"
