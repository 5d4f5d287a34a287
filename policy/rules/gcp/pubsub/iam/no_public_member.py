"""Everybody could read along, or feed the platform."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on a Pub/Sub topic or subscription lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("pubsub/topicIAM", "pubsub/subscriptionIAM"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_99",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/pubsub/docs/access-control",
)

check = nobody_from_outside()
