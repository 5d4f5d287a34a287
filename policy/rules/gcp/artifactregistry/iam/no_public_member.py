"""Everybody could pull the images, or push others in their place."""

from policy.members import grants, nobody_from_outside
from policy.rule import Rule, Severity

RULE = Rule(
    title="No grant on an Artifact Registry repository lets in everybody",
    severity=Severity.CRITICAL,
    types=grants("artifactregistry/repositoryIam"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_101",),
    remediation="name users, groups or service accounts",
    link="https://cloud.google.com/artifact-registry/docs/access-control",
)

check = nobody_from_outside()
