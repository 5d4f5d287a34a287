"""All handlers, found by looking: one module per token below this package."""

import functools

import sandbox.gcp.plugin as package
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.plugins import registry


@functools.cache
def handler_classes() -> dict[str, type[GcpResource]]:
    """Handler classes by token."""
    found: dict[str, type[GcpResource]] = registry.handler_classes(package, GcpResource)
    return found
