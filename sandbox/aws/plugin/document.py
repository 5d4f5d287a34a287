"""Writes ``docs/sandbox-resources.md``: ``python -m sandbox.aws.plugin.document``."""

from pathlib import Path
from typing import Final

from sandbox.aws.plugin import schema
from sandbox.aws.plugin.functions import FUNCTIONS
from sandbox.aws.plugin.registry import handler_classes
from sandbox.aws.plugin.resource import AwsResource

PAGE: Final = Path(__file__).parents[3] / "docs" / "sandbox-resources.md"

_HEAD: Final = """\
# AWS resources in the sandbox

The sandbox's `aws` provider stands in for pulumi-aws {version}. This page is made from its
handlers by `python -m sandbox.aws.plugin.document`.

- **behaves**: the sandbox acts on the resource (a job runs, an endpoint serves, a policy of names
  or state is kept). **recorded**: it is remembered and told back, and nothing follows from it.
- A change of a property under *replaces* makes a new resource, as the real provider would; those
  under *changes in place* do not. Any other property of the token is refused by name.
- Names are made as pulumi-aws makes them where *named* says so. `tagsAll` and the provider's
  `defaultTags` work on every token with tags.

| token | | named | replaces | changes in place |
|---|---|---|---|---|
"""


def page() -> str:
    """The page as Markdown."""
    rows = [_row(kind) for _, kind in sorted(handler_classes().items())]
    functions = "".join(f"- `{token}`\n" for token in sorted(FUNCTIONS))
    head = _HEAD.format(version=schema.sdk_version())
    return head + "".join(rows) + f"\n## Functions\n\n{functions}"


def _row(kind: type[AwsResource]) -> str:
    name = f"`{kind.auto_name.property}`" if kind.auto_name else ""
    cells = [f"`{kind.token}`", kind.behaviour, name, _names(kind.immutable), _names(kind.mutable)]
    return f"| {' | '.join(cells)} |\n"


def _names(names: frozenset[str]) -> str:
    return ", ".join(sorted(names - {"region"}))


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
