"""Who read or changed the data is in the data events, not among the others."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.values import known

RULE = Rule(
    title="A trail records reads and writes of objects",
    severity=Severity.HIGH,
    types=("aws:cloudtrail/trail:Trail",),
    gdpr=("30",),
    hipaa=("164.312(b)", "164.308(a)(1)(ii)(D)"),
    controls=("cloudtrail_s3_dataevents_read_enabled", "cloudtrail_s3_dataevents_write_enabled"),
    remediation="add an event selector for AWS::S3::Object with readWriteType All",
    link="https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html",
)

OBJECTS = "AWS::S3::Object"


def check(resource: Resource) -> Iterator[str]:
    """Both forms of selectors are read; either must cover reads and writes."""
    covered = set[str]()
    for selector in resource.blocks("eventSelectors"):
        data = [
            block for block in selector.get("dataResources") or [] if block.get("type") == OBJECTS
        ]
        if data:
            covered |= _kinds(known(selector.get("readWriteType"), "readWriteType") or "All")
    for selector in resource.blocks("advancedEventSelectors"):
        fields = {
            known(block.get("field"), "field"): known(block.get("equals"), "equals") or []
            for block in selector.get("fieldSelectors") or []
        }
        if OBJECTS in fields.get("resources.type", []):
            read_only = [str(value).lower() for value in fields.get("readOnly", ["true", "false"])]
            covered |= {"reads" if value == "true" else "writes" for value in read_only}
    if missing := {"reads", "writes"} - covered:
        yield f"it records no {' and no '.join(sorted(missing))} of objects"


def _kinds(mode: str) -> set[str]:
    return {"ReadOnly": {"reads"}, "WriteOnly": {"writes"}}.get(mode, {"reads", "writes"})
