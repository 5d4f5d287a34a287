"""``gcp:storage/bucketIAMMember:BucketIAMMember``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.iam_member import IamMember
from sandbox.gcp.plugin.policies import PolicyOf


class BucketIamMember(IamMember):
    """A role in a bucket."""

    token = "gcp:storage/bucketIAMMember:BucketIAMMember"
    immutable = frozenset({"bucket", "condition", "member", "role"})

    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        name = str(properties["bucket"]).removeprefix("b/")
        return PolicyOf(f"/storage/v1/b/{name}", storage=True)

    def prefix(self, properties: Properties) -> str:
        return f"b/{str(properties['bucket']).removeprefix('b/')}"

    def parts(self, prefix: str) -> dict[str, Any]:
        return {"bucket": prefix.removeprefix("b/")}
