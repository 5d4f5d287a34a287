"""Requests stay off the internet."""

from collections.abc import Iterator

from policy.resource import Resource
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Vertex AI endpoint is reached through a private network only",
    severity=Severity.MEDIUM,
    types=("gcp:vertex/aiEndpoint:AiEndpoint",),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV2_GCP_33",),
    remediation="set private_service_connect_config.enable_private_service_connect, or a network",
    link="https://cloud.google.com/vertex-ai/docs/predictions/choose-endpoint-type",
)


def check(endpoint: Resource) -> Iterator[str]:
    """Through Private Service Connect, or through a peered network."""
    connected = endpoint.get("privateServiceConnectConfig.enablePrivateServiceConnect")
    if connected is not True and not endpoint.has("network"):
        yield "it has neither Private Service Connect nor a network"
