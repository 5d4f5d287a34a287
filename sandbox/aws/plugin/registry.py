"""All handlers, found by looking: one module per token below this package."""

import functools
import importlib
import inspect
import pkgutil
from types import ModuleType

import sandbox.aws.plugin as package
from sandbox.aws.plugin.resource import AwsResource


@functools.cache
def handler_classes() -> dict[str, type[AwsResource]]:
    """Handler classes by token.

    Raises:
        ValueError: when two claim one token.
    """
    found: dict[str, type[AwsResource]] = {}
    for module in _modules():
        for _, kind in inspect.getmembers(module, inspect.isclass):
            token = getattr(kind, "token", None)
            if not (token and issubclass(kind, AwsResource) and kind.__module__ == module.__name__):
                continue
            if token in found:
                raise ValueError(f"two handlers for {token}")
            found[token] = kind
    return found


def _modules() -> list[ModuleType]:
    modules: list[ModuleType] = []
    for service in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if service.ispkg:
            parent = importlib.import_module(service.name)
            modules += [
                importlib.import_module(item.name)
                for item in pkgutil.iter_modules(parent.__path__, f"{parent.__name__}.")
            ]
    return modules
