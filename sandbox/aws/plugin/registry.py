"""All handlers, found by looking: one module per token below this package."""

import functools

import sandbox.aws.plugin as package
from sandbox.aws.plugin.resource import AwsResource
from sandbox.plugins import registry


@functools.cache
def handler_classes() -> dict[str, type[AwsResource]]:
    """Handler classes by token."""
    found: dict[str, type[AwsResource]] = registry.handler_classes(package, AwsResource)
    return found
