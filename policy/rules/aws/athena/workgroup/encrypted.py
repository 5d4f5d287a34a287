"""Query results are copies of the data."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="Query results of a workgroup are encrypted with a key of one's own",
    severity=Severity.HIGH,
    types=("aws:athena/workgroup:Workgroup",),
    gdpr=("32",),
    hipaa=("164.312(a)(2)(iv)",),
    controls=("Athena.1", "CKV_AWS_159", "athena_workgroup_encryption"),
    remediation="set result_configuration.encryption_configuration to SSE_KMS with a key",
    link="https://docs.aws.amazon.com/securityhub/latest/userguide/athena-controls.html#athena-1",
)


def check(resource: Resource) -> Iterator[str]:
    """Results that the service manages have a key of their own."""
    if resource.has(
        "configuration.managedQueryResultsConfiguration.encryptionConfiguration.kmsKey"
    ):
        return
    path = "configuration.resultConfiguration.encryptionConfiguration.encryptionOption"
    if resource.get(path) not in ("SSE_KMS", "CSE_KMS"):
        yield f"{path} is {resource.get(path, 'not set')}"
