"""The cost table of a preview: read its event log, print, judge."""

import sys
from pathlib import Path
from typing import Final

import yaml
from rich.console import Console

from stacks.account_settings import AccountSettings
from stacks.settings import Settings, parsed
from tools.cost import live, planned, table
from tools.cost.estimate import Estimate, estimate, usage_of
from tools.cost.prices import Prices
from tools.errors import ToolError

_COLUMNS: Final = 104


def settings_of(stack: str, project: Path) -> Settings | AccountSettings:
    """A stack's settings, without the engine. Raises pydantic's ValidationError."""
    name = yaml.safe_load((project / "Pulumi.yaml").read_text())["name"]
    content = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text())
    prefix = f"{name}:"
    own = {
        key.removeprefix(prefix): value
        for key, value in content["config"].items()
        if key.startswith(prefix)
    }
    return parsed(own)


def platform_settings(stack: str, project: Path) -> Settings:
    """The same of a stack with a platform.

    Raises:
        ToolError: the stack has none.
    """
    settings = settings_of(stack, project)
    if isinstance(settings, Settings):
        return settings
    raise ToolError(
        f"stack {stack} has no platform, only what exists once per account",
        remedy="name a stack that has models and endpoints: STACK=dev",
    )


def report(
    stack: str,
    *,
    project: Path,
    event_log: Path,
    markdown: Path | None = None,
    prices: Prices | None = None,
) -> Estimate:
    """Prints the table; as Markdown into a file as well (`-`: only that, on standard output)."""
    settings = settings_of(stack, project)
    prices = prices or Prices(live=live.apis())
    found = estimate(planned.read(event_log), settings, prices)
    text = table.markdown(stack, found, usage_of(settings), prices)
    if markdown == Path("-"):
        sys.stdout.write(text)
        return found
    if markdown is not None:
        markdown.write_text(text, encoding="utf-8")
    # Where less is shown, as in logs, the last columns would be left out without a word.
    console = Console(width=max(Console().width, _COLUMNS))
    console.print(table.terminal(found, usage_of(settings), prices))
    return found
