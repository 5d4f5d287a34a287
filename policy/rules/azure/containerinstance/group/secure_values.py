"""Plain values of the environment are shown to everybody who may read the group."""

from collections.abc import Iterator
from typing import Any

from policy.resource import Resource
from policy.rule import Rule, Severity
from policy.secrets import told_by_name, told_by_shape
from policy.values import UNKNOWN, UnknownValue

RULE = Rule(
    title="Secrets in the environment of a container group are secure values",
    severity=Severity.HIGH,
    types=("azure-native:containerinstance:ContainerGroup", "azure:containerservice/group:Group"),
    gdpr=("32",),
    hipaa=("164.312(a)(1)", "164.312(d)"),
    controls=("CKV_AZURE_235",),
    remediation="give them as secure_value, or as a volume of kind secret",
    link="https://learn.microsoft.com/azure/container-instances/container-instances-environment-variables",
)


def check(group: Resource) -> Iterator[str]:
    """Names and texts tell what is a secret; the rest may be seen, and helps who operates it."""
    for kind in ("containers", "initContainers"):
        for container in group.blocks(kind):
            for name, value in _plain(container.get("environmentVariables")):
                if value is UNKNOWN:
                    raise UnknownValue(f"{name} of {container.get('name')}")
                if told_by_name(name, str(value)) or told_by_shape(str(value)):
                    yield f"{name} of {container.get('name')} is a plain value"


def _plain(variables: Any) -> Iterator[tuple[str, Any]]:
    """The classic provider has an object of plain values, and secure ones apart."""
    if isinstance(variables, dict):
        yield from variables.items()
    for variable in variables if isinstance(variables, list) else ():
        if "value" in variable:
            yield variable["name"], variable["value"]
