"""All handlers, found by looking: one module per token below this package."""

import functools

import sandbox.azure.plugin as package
from sandbox.azure.plugin.resource import AzureResource
from sandbox.plugins import registry


@functools.cache
def handler_classes() -> dict[str, type[AzureResource]]:
    """Handler classes by token."""
    found: dict[str, type[AzureResource]] = registry.handler_classes(package, AzureResource)
    return found
