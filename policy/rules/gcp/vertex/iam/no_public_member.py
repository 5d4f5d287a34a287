"""A model that everybody may ask gives away what it learnt."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on an endpoint or a feature store of Vertex AI lets in everybody",
    severity=Severity.CRITICAL,
    types=grants(
        "vertex/aiEndpointIam", "vertex/aiFeatureStoreIam", "vertex/aiFeatureOnlineStoreIam"
    ),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/vertex-ai/docs/general/access-control",
)

check = nobody_from_outside()
