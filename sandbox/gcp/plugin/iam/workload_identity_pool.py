"""``gcp:iam/workloadIdentityPool:WorkloadIdentityPool``."""

from sandbox.gcp.plugin.soft_deleted import SoftDeletedResource
from sandbox.plugins.rules import longest, matches


class WorkloadIdentityPool(SoftDeletedResource):
    """Identities from elsewhere; a deleted pool keeps its name for 30 days."""

    token = "gcp:iam/workloadIdentityPool:WorkloadIdentityPool"
    behaviour = "recorded"
    immutable = frozenset({"project", "workloadIdentityPoolId"})
    mutable = frozenset({"deletionPolicy", "description", "disabled", "displayName", "mode"})
    parent = "projects/{project}/locations/global"
    kind = "workloadIdentityPools"
    identified_by = "workloadIdentityPoolId"
    id_parameter = "workloadIdentityPoolId"
    short_names = False
    operations = True
    rules = (
        matches(
            "workloadIdentityPoolId",
            r"(?!gcp-)[0-9a-z-]{4,32}",
            "4 to 32 lower-case letters, digits and hyphens are allowed, gcp- not in front",
        ),
        longest("description", 256),
        longest("displayName", 32),
    )
