"""An identity of its own can write where this sink writes, and its right ends with it."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="A log sink writes with an identity of its own",
    severity=Severity.LOW,
    types=("gcp:logging/projectSink:ProjectSink",),
    gdpr=("30",),
    hipaa=("164.312(b)",),
    remediation="set unique_writer_identity, or leave it out",
    link="https://cloud.google.com/logging/docs/export/configure_export_v2",
)

check = differs("uniqueWriterIdentity", False)
