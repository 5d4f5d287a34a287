"""Who may act as every service account of a project has all their rights together."""

from collections.abc import Iterator

from policy.members import grants, roles
from policy.resource import Resource
from policy.rule import Rule, Severity

ACTING = (
    "roles/iam.serviceAccountAdmin",
    "roles/iam.serviceAccountKeyAdmin",
    "roles/iam.serviceAccountTokenCreator",
    "roles/iam.serviceAccountUser",
    "roles/iam.workloadIdentityUser",
)

RULE = Rule(
    title="No grant on a project lets act as all of its service accounts",
    severity=Severity.HIGH,
    types=grants("projects/iAM"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_41", "CKV_GCP_46", "CKV_GCP_49", "iam_no_service_roles_at_project_level"),
    remediation="grant the role on single service accounts (gcp.serviceaccount.IAMMember)",
    link="https://cloud.google.com/iam/docs/service-account-permissions",
)


def check(grant: Resource) -> Iterator[str]:
    """On a single account the same roles are how services are given an identity."""
    if not grant.has("role") and not grant.has("policyData"):
        yield "role is not set"
    for role in roles(grant):
        if role in ACTING:
            yield f"it gives {role}"
