"""In a network of one's own its traffic can be watched and restrained."""

from policy.checks import present
from policy.rule import Rule, Severity

RULE = Rule(
    title="A SageMaker model is in a VPC",
    severity=Severity.MEDIUM,
    types=("aws:sagemaker/model:Model",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("sagemaker_models_vpc_settings_configured",),
    remediation="set vpc_config",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/host-vpc.html",
)

check = present("vpcConfig.subnets", "the model is in the service's own network")
