"""Azure Container Instances: container groups are processes that really answer."""

from sandbox.azure.aci.groups import ContainerGroups
from sandbox.azure.context import Context


def install(context: Context) -> None:
    """Know the type."""
    context.types.add(ContainerGroups(context))
