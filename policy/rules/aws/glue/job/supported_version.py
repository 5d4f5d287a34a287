"""Old versions get no security fixes."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Glue job runs on a supported version",
    severity=Severity.MEDIUM,
    types=("aws:glue/job:Job",),
    gdpr=("32",),
    controls=("Glue.4",),
    remediation="set glue_version to 4.0 or newer",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/glue-controls.html#glue-4",
)


def check(resource: Resource) -> Iterator[str]:
    """Python shell jobs have versions of their own."""
    if resource.get("command.name") == "pythonshell":
        return
    version = str(resource.get("glueVersion", "0.9"))
    if int(version.split(".", maxsplit=1)[0]) < 4:
        yield f"glueVersion is {version}"
