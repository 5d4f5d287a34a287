"""The nodes of a training exchange weights that hold traces of the data."""

from collections.abc import Iterator

from policy.jobs import TRAINING, definitions
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Traffic between the nodes of a training is encrypted",
    severity=Severity.MEDIUM,
    types=TRAINING,
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    controls=("sagemaker_training_jobs_intercontainer_encryption_enabled",),
    remediation="set enable_inter_container_traffic_encryption",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/train-encrypt.html",
)


def check(resource: Resource) -> Iterator[str]:
    """A single node has nobody to talk to."""
    for place, job in definitions(resource):
        if (
            job.get("resourceConfig.instanceCount", 1) != 1
            and job.get("enableInterContainerTrafficEncryption") is not True
        ):
            yield f"{place}: enableInterContainerTrafficEncryption is not on"
