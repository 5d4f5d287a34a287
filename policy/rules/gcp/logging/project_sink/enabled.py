"""A sink that is switched off leaves a gap in the record."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="A log sink is switched on",
    severity=Severity.MEDIUM,
    types=("gcp:logging/projectSink:ProjectSink",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    controls=("logging_sink_created",),
    remediation="leave out disabled",
    link="https://cloud.google.com/logging/docs/export/configure_export_v2",
)

check = differs("disabled", True)
