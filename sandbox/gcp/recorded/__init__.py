"""APIs whose resources are recorded: kept, checked and listed, with no effect of their own.

Where something behaves (keys encrypt, policies are asked for by other services) the module of the
API says so.
"""

import importlib

from sandbox.gcp.context import Context

APIS = (
    "artifact_registry",
    "budgets",
    "compute",
    "dataflow",
    "iam",
    "identity_pools",
    "kms",
    "logging",
    "monitoring",
    "projects",
    "pubsub",
    "security_center",
    "service_usage",
)


def install(context: Context) -> None:
    """Add the routes of every API."""
    for name in APIS:
        importlib.import_module(f"{__name__}.{name}").install(context)
