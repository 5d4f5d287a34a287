"""Through endpoints requests reach the cloud's services without the internet."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="A VPC has an endpoint for S3",
    severity=Severity.MEDIUM,
    types=("aws:ec2/vpc:Vpc",),
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    remediation="declare a VpcEndpoint for S3",
    link="https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html",
)


def check_in_stack(vpc: Resource, stack: Stack) -> Iterator[str]:
    """S3 is what every job talks to; others depend on the work."""
    endpoints = stack.belonging(vpc, "aws:ec2/vpcEndpoint:VpcEndpoint", by="vpcId")
    if not any(str(endpoint.get("serviceName", "")).endswith(".s3") for endpoint in endpoints):
        yield "it has no VpcEndpoint for S3"
