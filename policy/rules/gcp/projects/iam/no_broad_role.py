"""Owner and editor may do nearly everything, reading and deleting all data included."""

from collections.abc import Iterator

from policy.members import grants, roles
from policy.resource import Resource
from policy.rule import Rule, Severity

BROAD = ("roles/owner", "roles/editor")

RULE = Rule(
    title="No grant on a project gives the role owner or editor",
    severity=Severity.HIGH,
    types=grants("projects/iAM"),
    gdpr=("25", "32"),
    hipaa=("164.312(a)(1)",),
    controls=("CKV_GCP_117", "iam_no_service_roles_at_project_level"),
    remediation="grant the roles that the work needs",
    link="https://cloud.google.com/iam/docs/roles-overview",
)


def check(grant: Resource) -> Iterator[str]:
    """Reading configuration (`roles/viewer`) is what a preview in CI needs."""
    if not grant.has("role") and not grant.has("policyData"):
        yield "role is not set"
    for role in roles(grant):
        if role in BROAD:
            yield f"it gives {role}"
