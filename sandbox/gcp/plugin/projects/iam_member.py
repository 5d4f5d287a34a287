"""``gcp:projects/iAMMember:IAMMember``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.iam_member import IamMember
from sandbox.gcp.plugin.policies import PolicyOf


class ProjectIamMember(IamMember):
    """A role in a project."""

    token = "gcp:projects/iAMMember:IAMMember"
    immutable = frozenset({"condition", "member", "project", "role"})

    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        return PolicyOf(f"/v1/projects/{properties['project']}")

    def prefix(self, properties: Properties) -> str:
        return str(properties["project"])

    def parts(self, prefix: str) -> dict[str, Any]:
        return {"project": prefix}
