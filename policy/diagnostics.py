"""Diagnostic settings of Azure: which resources' logs are kept."""

from collections.abc import Iterator
from typing import Any, Final

from policy.resource import Resource
from policy.stack import Stack
from policy.values import UNKNOWN, UnknownValue, plain

# Each kind of setting: where it names what it watches, where its logs are.
_SETTINGS: Final = {
    "azure-native:monitor:DiagnosticSetting": ("resourceUri", "logs"),
    "azure:monitoring/diagnosticSetting:DiagnosticSetting": ("targetResourceId", "enabledLogs"),
}


def logged(resource: Resource, stack: Stack) -> Iterator[str]:
    """A diagnostic setting that watches the resource, or a service in it, keeps some logs."""
    unclear = None
    for kind, (target, logs) in _SETTINGS.items():
        for setting in stack.of(kind):
            watches = _watches(setting, target, resource)
            if watches is None:
                unclear = setting
            elif watches and any(log.get("enabled", True) for log in _logs(setting, logs)):
                return
    if unclear is not None:
        raise UnknownValue(f"what {unclear.name} watches")
    yield "no diagnostic setting keeps its logs"


def _logs(setting: Resource, path: str) -> list[dict[str, Any]]:
    """Wholly known. Raises UnknownValue."""
    setting.get(path)
    return setting.blocks(path)


def _watches(setting: Resource, target: str, resource: Resource) -> bool | None:
    """Storage has its logs in parts of it, such as `ACCOUNT/blobServices/default`."""
    value = plain(setting.inputs.get(target))
    sources = setting.depends.get(target, frozenset())
    if isinstance(value, str):
        own = {value, value.partition("/blobServices/")[0]}
        if own & resource.identities:
            return True
        # The engine sends no ids, only what the provider calls one: then the source tells it.
        return "id" not in resource.outputs and resource.urn in sources
    if value is not UNKNOWN:
        return False
    return resource.urn in sources if sources else None
