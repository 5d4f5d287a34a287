"""The cost table of a preview: read its event log, print, judge."""

import sys
from pathlib import Path
from typing import Final

import yaml
from rich.console import Console

from stacks.settings import Settings
from tools.cost import live, planned, table
from tools.cost.estimate import Estimate, estimate
from tools.cost.prices import Prices

_COLUMNS: Final = 104


def settings_of(stack: str, project: Path) -> Settings:
    """A stack's settings, without the engine. Raises pydantic's ValidationError."""
    name = yaml.safe_load((project / "Pulumi.yaml").read_text())["name"]
    content = yaml.safe_load((project / f"Pulumi.{stack}.yaml").read_text())
    prefix = f"{name}:"
    own = {
        key.removeprefix(prefix): value
        for key, value in content["config"].items()
        if key.startswith(prefix)
    }
    return Settings.model_validate(own)


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
    text = table.markdown(stack, found, settings.usage, prices)
    if markdown == Path("-"):
        sys.stdout.write(text)
        return found
    if markdown is not None:
        markdown.write_text(text, encoding="utf-8")
    # Where less is shown, as in logs, the last columns would be left out without a word.
    console = Console(width=max(Console().width, _COLUMNS))
    console.print(table.terminal(found, settings.usage, prices))
    return found
