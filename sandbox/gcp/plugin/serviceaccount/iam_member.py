"""``gcp:serviceaccount/iAMMember:IAMMember``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.iam_member import IamMember
from sandbox.gcp.plugin.policies import PolicyOf
from sandbox.plugins.rules import matches


class ServiceAccountIamMember(IamMember):
    """Who may act as a service account."""

    token = "gcp:serviceaccount/iAMMember:IAMMember"
    behaviour = "recorded"
    immutable = frozenset({"condition", "member", "role", "serviceAccountId"})
    rules = (
        *IamMember.rules,
        matches(
            "serviceAccountId",
            r"projects/[^/]+/serviceAccounts/[^/]+",
            "expected projects/PROJECT/serviceAccounts/EMAIL, the account's name",
        ),
    )

    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        return PolicyOf(f"/v1/{properties['serviceAccountId']}")

    def prefix(self, properties: Properties) -> str:
        return str(properties["serviceAccountId"])

    def parts(self, prefix: str) -> dict[str, Any]:
        return {"serviceAccountId": prefix}
