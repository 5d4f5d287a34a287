"""Writes ``docs/sandbox-resources.md``: ``python -m sandbox.document``."""

import importlib
from pathlib import Path
from typing import Any, Final

PAGE: Final = Path(__file__).parents[1] / "docs" / "sandbox-resources.md"

_HEAD: Final = """\
# Resources in the sandbox

The sandbox's providers stand in for those of Pulumi. This page is made from their handlers by
`python -m sandbox.document`.

- **behaves**: the sandbox acts on the resource (a job runs, an endpoint serves, a policy of names
  or state is kept). **recorded**: it is remembered and told back, and nothing follows from it.
- A change of a property under *replaces* makes a new resource, as the real provider would; those
  under *changes in place* do not. Any other property of the token is refused by name.
- Names are made as the real provider makes them where *named* says so.
"""
_TABLE: Final = """\
| token | | named | replaces | changes in place |
|---|---|---|---|---|
"""
_CLOUDS: Final = {
    "aws": "`tagsAll` and the provider's `defaultTags` work on every token with tags.",
    "gcp": (
        "`pulumiLabels`, `effectiveLabels`, the provider's `defaultLabels` and the label\n"
        "`goog-pulumi-provisioned` work as in the real provider; `deletionPolicy` works everywhere."
    ),
    "azure": (
        "What is in a resource's path and its `location` replace, as in the real provider; only\n"
        "what has a random name of the provider's is made again before it is deleted.\n"
        "`resourceGroupName` and `location` are left out below."
    ),
}
_PLACES: Final = {
    "aws": {"region"},
    "gcp": {"deletionPolicy"},
    "azure": {"location", "resourceGroupName"},
}
_PROVIDERS: Final = {"azure": "azure-native"}


def page() -> str:
    """The page as Markdown."""
    return _HEAD + "".join(_section(name, about) for name, about in _CLOUDS.items())


def _section(name: str, about: str) -> str:
    handlers = importlib.import_module(f"sandbox.{name}.plugin.registry").handler_classes()
    functions = importlib.import_module(f"sandbox.{name}.plugin.functions").FUNCTIONS
    version = next(iter(handlers.values())).sdk.version
    rows = "".join(_row(kind, _PLACES[name]) for _, kind in sorted(handlers.items()))
    listed = "".join(f"- `{token}`\n" for token in sorted(functions))
    title = f"\n## {name}: for pulumi-{_PROVIDERS.get(name, name)} {version}\n\n{about}\n\n"
    return f"{title}{_TABLE}{rows}" + (f"\nFunctions:\n\n{listed}" if listed else "")


def _row(kind: Any, everywhere: set[str]) -> str:
    name = f"`{kind.auto_name.property}`" if kind.auto_name else ""
    replaces, mutable = kind.immutable - everywhere, kind.mutable - everywhere
    cells = [f"`{kind.token}`", kind.behaviour, name, _names(replaces), _names(mutable)]
    return f"| {' | '.join(cells)} |\n"


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
