"""Flow logs tell who talked to whom."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="Traffic of a VPC is logged",
    severity=Severity.MEDIUM,
    types=("aws:ec2/vpc:Vpc",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("EC2.6", "CKV2_AWS_11"),
    remediation="declare a FlowLog for the VPC",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-6",
)


def check_in_stack(vpc: Resource, stack: Stack) -> Iterator[str]:
    """The log is a resource of its own; accepted traffic alone hides the attempts."""
    logs = stack.belonging(vpc, "aws:ec2/flowLog:FlowLog", by="vpcId")
    if not any(log.get("trafficType") in ("ALL", "REJECT") for log in logs):
        yield "it has no FlowLog with traffic type ALL or REJECT"
