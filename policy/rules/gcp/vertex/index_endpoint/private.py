"""Vectors tell what they were made from."""

from policy.checks import differs
from policy.rule import Rule, Severity

RULE = Rule(
    title="A Vertex AI index endpoint is reached through a private network only",
    severity=Severity.HIGH,
    types=("gcp:vertex/aiIndexEndpoint:AiIndexEndpoint",),
    gdpr=("25", "32"),
    hipaa=("164.312(e)(1)",),
    controls=("CKV2_GCP_34",),
    remediation="leave out public_endpoint_enabled",
    link="https://cloud.google.com/vertex-ai/docs/vector-search/overview",
)

check = differs("publicEndpointEnabled", True)
