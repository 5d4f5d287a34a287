"""The findings as people and programs read them."""

import json
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tools.doctor.finding import Status
from tools.doctor.run import Result

_STYLES: Final = {Status.OK: "green", Status.WARN: "yellow", Status.FAIL: "bold red"}


def terminal(results: Sequence[Result]) -> RenderableType:
    """One table a cloud; a remedy stands below what it is for."""
    parts: list[RenderableType] = []
    for cloud in dict.fromkeys(one.cloud for one in results):
        table = Table(title=cloud, title_justify="left", box=box.SIMPLE_HEAD)
        table.add_column("")
        table.add_column("check", no_wrap=True)
        table.add_column("thing", overflow="fold", ratio=3)
        table.add_column("place", overflow="fold", ratio=1)
        for one in (result for result in results if result.cloud == cloud):
            found = one.finding
            text = Text(found.thing)
            if found.remedy:
                text.append(f"\n→ {found.remedy}", style="dim")
            status = Text(found.status, style=_STYLES[found.status])
            table.add_row(status, one.check, text, Text(found.place))
        parts.append(table)
    counts = {status: sum(one.finding.status is status for one in results) for status in Status}
    parts.append(", ".join(f"{count} {status}" for status, count in counts.items()))
    return Group(*parts)


def as_json(stack: str, results: Sequence[Result]) -> str:
    """An object with the stack and a list of findings."""
    findings = [
        {
            "cloud": one.cloud,
            "check": one.check,
            "status": str(one.finding.status),
            "thing": one.finding.thing,
            "place": one.finding.place,
            "remedy": one.finding.remedy,
        }
        for one in results
    ]
    return json.dumps({"stack": stack, "findings": findings}, indent=2, ensure_ascii=False)
