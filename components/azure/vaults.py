"""What all key vaults of the slice have in common."""

from typing import Final

import pulumi_azure_native as azure

from components.azure.access import Access

# A vault's name has 24 characters at most, of which the provider's suffix takes eight.
_ROOM: Final = 16


def vault_name(name: str, ending: str = "") -> str:
    """A vault's name in the program, short enough for what the provider adds to it."""
    return f"{name[: _ROOM - len(ending)].rstrip('-')}{ending}"


def vault_properties(
    *, tenant_id: str, access: Access, deletion_window_days: int
) -> azure.keyvault.VaultPropertiesArgs:
    """Roles instead of access policies, and nothing that is deleted is gone at once.

    Purge protection is on, because storage refuses the keys of a vault without it; that is why a
    deleted vault keeps its name for the window's days, and why its name is automatic.
    """
    return azure.keyvault.VaultPropertiesArgs(
        tenant_id=tenant_id,
        sku=azure.keyvault.SkuArgs(family="A", name=azure.keyvault.SkuName.STANDARD),
        enable_rbac_authorization=True,
        enable_soft_delete=True,
        enable_purge_protection=True,
        soft_delete_retention_in_days=deletion_window_days,
        public_network_access=access.public_network_access,
        network_acls=azure.keyvault.NetworkRuleSetArgs(
            # Azure's own services are let in when they show an identity.
            bypass="AzureServices",
            default_action=access.default_action,
            ip_rules=[
                azure.keyvault.IPRuleArgs(value=address) for address in access.allowed_addresses
            ],
        ),
    )
