"""Training code without a network can send the data nowhere."""

from collections.abc import Iterator

from policy.jobs import TRAINING, definitions
from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Training runs in network isolation",
    severity=Severity.HIGH,
    types=TRAINING,
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)", "164.312(e)(1)"),
    controls=("sagemaker_training_jobs_network_isolation_enabled",),
    remediation="set enable_network_isolation",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/mkt-algo-model-internet-free.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Tuning jobs and pipelines are held to it for each training that they start."""
    for place, job in definitions(resource):
        if job.get("enableNetworkIsolation") is not True:
            yield f"{place}: enableNetworkIsolation is not on"
