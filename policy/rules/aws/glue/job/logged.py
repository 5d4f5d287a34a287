"""What a job did with the data must be told afterwards."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Glue job logs while it runs",
    severity=Severity.MEDIUM,
    types=("aws:glue/job:Job",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("Glue.2", "glue_etl_jobs_logging_enabled"),
    remediation="set default argument --enable-continuous-cloudwatch-log to true",
    link="https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging-enable.html",
)


def check(resource: Resource) -> Iterator[str]:
    """A Python shell job, and every job from Glue 5.0 on, logs by itself."""
    version = str(resource.get("glueVersion", "0.9"))
    if resource.get("command.name") == "pythonshell" or int(version.split(".", maxsplit=1)[0]) >= 5:
        return
    arguments = resource.get("defaultArguments", {})
    if str(arguments.get("--enable-continuous-cloudwatch-log", "")).lower() != "true":
        yield "default argument --enable-continuous-cloudwatch-log is not true"
