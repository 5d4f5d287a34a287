"""``gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.iam_member import IamMember
from sandbox.gcp.plugin.policies import PolicyOf
from sandbox.plugins.rules import matches


class CryptoKeyIamMember(IamMember):
    """Who may use a key; other services ask for it before they encrypt."""

    token = "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember"
    immutable = frozenset({"condition", "cryptoKeyId", "member", "role"})
    rules = (
        *IamMember.rules,
        matches(
            "cryptoKeyId",
            r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+",
            "expected the key's full name, as its id has it",
        ),
    )

    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        return PolicyOf(f"/v1/{properties['cryptoKeyId']}")

    def prefix(self, properties: Properties) -> str:
        return str(properties["cryptoKeyId"])

    def parts(self, prefix: str) -> dict[str, Any]:
        return {"cryptoKeyId": prefix}
