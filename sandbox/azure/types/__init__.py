"""The resource types of Resource Manager here, one module for each namespace.

Where something behaves, the type says so; all others are recorded: checked, kept and listed, with
no effect of their own.
"""

import importlib

from sandbox.azure.context import Context

NAMESPACES = (
    "authorization",
    "consumption",
    "container_registry",
    "insights",
    "key_vault",
    "machine_learning",
    "managed_identity",
    "network",
    "operational_insights",
    "portal",
    "resources",
    "security",
    "storage",
)


def install(context: Context) -> None:
    """Know the types of every namespace, and answer what is theirs alone."""
    for name in NAMESPACES:
        module = importlib.import_module(f"{__name__}.{name}")
        context.types.add(*(kind(context) for kind in module.TYPES))
        if hasattr(module, "install"):
            module.install(context)
