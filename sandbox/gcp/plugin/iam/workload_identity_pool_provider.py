"""``gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider``."""

from sandbox.gcp.plugin.soft_deleted import SoftDeletedResource
from sandbox.plugins.rules import exactly_one, longest, matches


class WorkloadIdentityPoolProvider(SoftDeletedResource):
    """Whom a pool trusts, on which conditions; a deleted one keeps its name for 30 days."""

    token = "gcp:iam/workloadIdentityPoolProvider:WorkloadIdentityPoolProvider"
    behaviour = "recorded"
    immutable = frozenset({"project", "workloadIdentityPoolId", "workloadIdentityPoolProviderId"})
    mutable = frozenset(
        {
            "attributeCondition",
            "attributeMapping",
            "aws",
            "deletionPolicy",
            "description",
            "disabled",
            "displayName",
            "oidc",
            "saml",
            "x509",
        }
    )
    parent = "projects/{project}/locations/global/workloadIdentityPools/{workloadIdentityPoolId}"
    kind = "providers"
    identified_by = "workloadIdentityPoolProviderId"
    id_parameter = "workloadIdentityPoolProviderId"
    short_names = False
    operations = True
    rules = (
        exactly_one("aws", "oidc", "saml", "x509"),
        matches(
            "workloadIdentityPoolProviderId",
            r"(?!gcp-)[0-9a-z-]{4,32}",
            "4 to 32 lower-case letters, digits and hyphens are allowed, gcp- not in front",
        ),
        matches("oidc.issuerUri", r"https://.+", "the issuer's URL must start with https://"),
        longest("description", 256),
        longest("displayName", 32),
    )
