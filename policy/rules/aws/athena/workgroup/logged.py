"""Who queried how much is seen in the metrics only."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A workgroup publishes metrics",
    severity=Severity.LOW,
    types=("aws:athena/workgroup:Workgroup",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("Athena.4",),
    remediation="set publish_cloudwatch_metrics_enabled",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/athena-controls.html#athena-4",
)


def check(resource: Resource) -> Iterator[str]:
    """The cloud publishes them where nothing is said."""
    if resource.get("configuration.publishCloudwatchMetricsEnabled", True) is not True:
        yield "configuration.publishCloudwatchMetricsEnabled is off"
