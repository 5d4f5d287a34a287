"""A job without a limit can run, and be paid, until somebody looks."""

from collections.abc import Iterator

from policy.jobs import TRAINING, definitions
from policy.resource import Resource
from policy.rule import Rule, Severity

VERTEX = ("trimaran:gcp:CustomJob", "trimaran:gcp:TuningJob")
AZURE = ("azure-native:machinelearningservices:Job",)

RULE = Rule(
    title="Training stops after a time that somebody chose",
    severity=Severity.MEDIUM,
    types=(*TRAINING, *VERTEX, *AZURE),
    gdpr=("25",),
    remediation="set a time limit: stopping_condition, scheduling.timeout or limits.timeout",
    link="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html",
)


def check(resource: Resource) -> Iterator[str]:
    """The clouds' own limits of a day and more are nobody's choice."""
    if resource.type in TRAINING:
        for place, job in definitions(resource):
            if not job.has("stoppingCondition.maxRuntimeInSeconds"):
                yield f"{place}: stoppingCondition.maxRuntimeInSeconds is not set"
    elif resource.type in VERTEX:
        paths = (
            "spec.scheduling.timeout",
            "trialJobSpec.scheduling.timeout",
        )
        if not any(resource.has(path) for path in paths):
            yield "the timeout of its scheduling is not set"
    elif not resource.has("properties.limits.timeout"):
        yield "properties.limits.timeout is not set"
