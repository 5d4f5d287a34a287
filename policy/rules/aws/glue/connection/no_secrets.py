"""A connection's properties are readable to whoever may read the catalogue."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.secrets import told_by_shape

RULE = Rule(
    title="A Glue connection holds no credentials",
    severity=Severity.CRITICAL,
    types=("aws:glue/connection:Connection",),
    gdpr=("32",),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("glue_catalog_connection_no_secrets",),
    remediation="name a secret with SECRET_ID",
    link="https://docs.aws.amazon.com/glue/latest/dg/connection-properties-secrets-manager.html",
)


def check(resource: Resource) -> Iterator[str]:
    """`SECRET_ID` is the way to name one."""
    for name, value in resource.get("connectionProperties", {}).items():
        telling = name.upper() in ("PASSWORD", "ENCRYPTED_PASSWORD")
        if value and (telling or told_by_shape(str(value))):
            yield f"connectionProperties.{name} holds a credential"
