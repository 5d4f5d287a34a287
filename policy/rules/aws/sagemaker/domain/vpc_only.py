"""Otherwise the domain's apps have a direct way to the internet."""

from policy.checks import equals
from policy.rule import Rule, Severity

RULE = Rule(
    title="The apps of a SageMaker domain reach the network through its VPC only",
    severity=Severity.HIGH,
    types=("aws:sagemaker/domain:Domain",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    remediation="set app_network_access_type to VpcOnly",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/studio-notebooks-and-internet-access.html",
)

check = equals("appNetworkAccessType", "VpcOnly")
