"""A connection without TLS sends rows and the password in the clear."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Glue connection to a database uses TLS",
    severity=Severity.HIGH,
    types=("aws:glue/connection:Connection",),
    gdpr=("32",),
    hipaa=("164.312(e)(1)", "164.312(e)(2)(ii)"),
    controls=("glue_database_connections_ssl_enabled",),
    remediation="set connection property JDBC_ENFORCE_SSL to true",
    link="https://docs.aws.amazon.com/glue/latest/dg/connection-properties.html",
)


def check(resource: Resource) -> Iterator[str]:
    """Network connections and marketplace ones have no such switch."""
    if resource.get("connectionType", "JDBC") != "JDBC":
        return
    if str(resource.get("connectionProperties.JDBC_ENFORCE_SSL", "")).lower() != "true":
        yield "connectionProperties.JDBC_ENFORCE_SSL is not true"
