"""A model that drifts decides about people on grounds that no longer hold."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.stack import Stack

RULE = Rule(
    title="An endpoint's requests are monitored",
    severity=Severity.LOW,
    types=("aws:sagemaker/endpoint:Endpoint",),
    gdpr=("25",),
    hipaa=("164.308(a)(1)(ii)(D)",),
    controls=("sagemaker_models_monitor_enabled",),
    remediation="declare a MonitoringSchedule, or a drift job on the captured requests",
    link="https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor.html",
)

SCHEDULE = "aws:sagemaker/monitoringSchedule:MonitoringSchedule"
JOB = "aws:glue/job:Job"


def check_in_stack(_: Resource, stack: Stack) -> Iterator[str]:
    """Schedules and jobs name endpoints deep in their definitions: any of them counts."""
    jobs = [job for job in stack.of(JOB) if job.has("defaultArguments.--captured_uri")]
    if not stack.of(SCHEDULE) and not jobs:
        yield "the stack has no MonitoringSchedule, and no Glue job over captured requests"
