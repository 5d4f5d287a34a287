"""From where a resource is reached over the network, in the words of each kind of resource."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who gets as far as having to show an identity."""

    is_private: bool
    """Through private endpoints only, and from the allowed addresses."""
    allowed_addresses: Sequence[str]
    """Public IPv4 addresses (or CIDR ranges) of those who run Pulumi from outside."""

    @property
    def public_network_access(self) -> str:
        """``Enabled`` or ``Disabled``: with allowed addresses the rules close it to all others."""
        return "Disabled" if self.is_private and not self.allowed_addresses else "Enabled"

    @property
    def default_action(self) -> str:
        """What happens to an address that no rule names."""
        return "Deny" if self.is_private else "Allow"


def storage_rules(access: Access) -> dict[str, Any]:
    """A storage account's arguments; Azure's own services are let in with an identity."""
    return {
        "public_network_access": access.public_network_access,
        "network_rule_set": {
            "bypass": "AzureServices",
            "default_action": access.default_action,
            "ip_rules": [
                {"i_p_address_or_range": address, "action": "Allow"}
                for address in access.allowed_addresses
            ],
        },
    }
