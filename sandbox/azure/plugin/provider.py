"""The imitated ``azure-native`` provider: all handlers over one sandbox."""

from collections.abc import Mapping
from typing import Any

from plugin import Provider
from sandbox.azure.environment import SUBSCRIPTION, TENANT
from sandbox.azure.locations import normalised
from sandbox.azure.plugin.cloud import Configuration, Endpoint
from sandbox.azure.plugin.registry import handler_classes
from sandbox.azure.plugin.resource import SDK


class AzureProvider(Provider):
    """Speaks for pulumi-azure-native of the installed SDK's version, against one sandbox."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        endpoint = Endpoint(environment)
        super().__init__(
            name="azure-native",
            version=SDK.version,
            handlers=[kind(endpoint) for kind in handler_classes().values()],
        )

    def configure(self, variables: Mapping[str, Any]) -> Configuration:
        """Takes subscription, tenant and location; endpoints and credentials are the sandbox's."""
        return Configuration(
            subscription=_text(variables.get("subscriptionId")) or SUBSCRIPTION,
            tenant=_text(variables.get("tenantId")) or TENANT,
            location=normalised(_text(variables.get("location"))),
        )


def warm() -> None:
    """Reads the types of all tokens."""
    for token in handler_classes():
        SDK.resource(token)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
