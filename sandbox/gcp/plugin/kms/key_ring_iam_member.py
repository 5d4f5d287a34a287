"""``gcp:kms/keyRingIAMMember:KeyRingIAMMember``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.iam_member import IamMember
from sandbox.gcp.plugin.policies import PolicyOf
from sandbox.plugins.rules import matches


class KeyRingIamMember(IamMember):
    """Who may use a key ring; other services ask for it before they encrypt."""

    token = "gcp:kms/keyRingIAMMember:KeyRingIAMMember"
    immutable = frozenset({"condition", "keyRingId", "member", "role"})
    rules = (
        *IamMember.rules,
        matches(
            "keyRingId",
            r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+",
            "expected the key ring's full name, as its id has it",
        ),
    )

    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        return PolicyOf(f"/v1/{properties['keyRingId']}")

    def prefix(self, properties: Properties) -> str:
        return str(properties["keyRingId"])

    def parts(self, prefix: str) -> dict[str, Any]:
        return {"keyRingId": prefix}
