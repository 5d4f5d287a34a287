"""Azure's built-in roles that the slice gives, and how one is given.

https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
"""

from enum import StrEnum

import pulumi
import pulumi_azure_native as azure


class Role(StrEnum):
    """Built-in roles: the id of each is the same in every tenant."""

    READER = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
    CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
    BLOB_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
    BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
    FILE_CONTRIBUTOR = "69566ab7-960f-475b-8e7c-b3118f30c6bd"
    KEY_VAULT_ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
    KEY_ENCRYPTION_USER = "e147488a-f6f5-4113-8e2d-b22465e65bf6"
    REGISTRY_PULL = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
    ML_METRICS_WRITER = "635dd51f-9968-44d3-b7fb-6d9a6bd613ae"
    NETWORK_APPROVER = "b556d68e-0be0-4f35-a333-ad7ee1ce17ea"


def grant(
    name: str,
    *,
    role: Role | str,
    scope: pulumi.Input[str],
    principal_id: pulumi.Input[str],
    subscription_id: str,
    parent: pulumi.Resource,
    condition: str | None = None,
    principal_type: str = "ServicePrincipal",
) -> pulumi.Output[str]:
    """Gives ``role`` on ``scope``; the id of the assignment is known once it is there.

    ``condition`` narrows the role further, in the language of
    https://learn.microsoft.com/azure/role-based-access-control/conditions-format. The type
    is named, because Azure would look up an identity that was made a moment ago and not find it.
    """
    return azure.authorization.RoleAssignment(
        name,
        scope=scope,
        role_definition_id=(
            f"/subscriptions/{subscription_id}/providers/Microsoft.Authorization"
            f"/roleDefinitions/{role}"
        ),
        principal_id=principal_id,
        principal_type=principal_type,
        condition=condition,
        condition_version="2.0" if condition else None,
        opts=pulumi.ResourceOptions(parent=parent),
    ).id
