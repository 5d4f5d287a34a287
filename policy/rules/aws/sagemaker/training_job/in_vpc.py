"""In a network of one's own its traffic can be watched and restrained."""

from collections.abc import Iterator

from policy.jobs import TRAINING, definitions
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Training runs in a VPC",
    severity=Severity.MEDIUM,
    types=TRAINING,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("sagemaker_training_jobs_vpc_settings_configured",),
    remediation="set vpc_config",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/train-vpc.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Tuning jobs and pipelines are held to it for each training that they start."""
    for place, job in definitions(resource):
        if not job.has("vpcConfig.subnets"):
            yield f"{place}: vpcConfig is not set"
