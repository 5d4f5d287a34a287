"""All handlers of a provider, found by looking: one module per token below its package."""

import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any


def handler_classes(package: ModuleType, base: Any) -> dict[str, Any]:
    """Handler classes by token, from the modules of the packages inside ``package``.

    Raises:
        ValueError: when two claim one token.
    """
    found: dict[str, Any] = {}
    for module in _modules(package):
        for _, kind in inspect.getmembers(module, inspect.isclass):
            token = getattr(kind, "token", None)
            if not (token and issubclass(kind, base) and kind.__module__ == module.__name__):
                continue
            if token in found:
                raise ValueError(f"two handlers for {token}")
            found[token] = kind
    return found


def _modules(package: Any) -> list[ModuleType]:
    modules: list[ModuleType] = []
    for service in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if service.ispkg:
            parent = importlib.import_module(service.name)
            modules += [
                importlib.import_module(item.name)
                for item in pkgutil.iter_modules(parent.__path__, f"{parent.__name__}.")
            ]
    return modules
