"""Otherwise a client may write results where and how it likes."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A workgroup's configuration is enforced",
    severity=Severity.MEDIUM,
    types=("aws:athena/workgroup:Workgroup",),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_AWS_82", "athena_workgroup_enforce_configuration"),
    remediation="set enforce_workgroup_configuration",
    link="https://docs.aws.amazon.com/athena/latest/ug/workgroups-settings-override.html",
)


def check(resource: Resource) -> Iterator[str]:
    """The cloud enforces it where nothing is said, but only where there is a configuration."""
    if not resource.blocks("configuration"):
        yield "configuration is not set"
    elif resource.get("configuration.enforceWorkgroupConfiguration", True) is not True:
        yield "configuration.enforceWorkgroupConfiguration is off"
