"""The table at the end of `make up`: what there is per cloud, and a real prediction."""

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from stacks.settings import DataSettings
from tools import predictors
from tools.environment import LOCAL, require_stack
from tools.errors import run_main
from tools.stack import Stack

CLOUDS = {"aws": "aws", "gcp": "gcp", "azure-native": "azure"}


def show(stack: Stack, exported: Mapping[str, Any]) -> None:
    """Prints the table of a stack that is up. A prediction that fails is shown as such.

    exported: the stack's state, as `pulumi stack export` gives it.
    """
    os.environ.update(stack.environ)  # for the clouds' SDKs, which look nowhere else
    resources = exported["deployment"].get("resources", [])
    counts = count(resource["type"] for resource in resources)
    outputs = outputs_of(resources)
    table = Table(title=f"stack {stack.name}", title_justify="left", show_lines=True)
    for heading in ("cloud", "created", "endpoint", "prediction", "logs"):
        table.add_column(heading, overflow="fold")
    rows = _rows(stack)
    for cloud, kinds in sorted(counts.items()):
        own = outputs.get(cloud) or {}
        table.add_row(
            cloud,
            f"{kinds.total()} resources\n"
            + "\n".join(f"{n} {k}" for k, n in sorted(kinds.items())),
            str(own.get("endpoint_name", "none")),
            _predictions(cloud, own, rows),
            _logs(stack, own),
        )
    console = Console()
    console.print()
    console.print(table)


def outputs_of(resources: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The stack's outputs, which the state keeps on the resource that is the stack itself."""
    stacks = (one for one in resources if one["type"] == "pulumi:pulumi:Stack")
    return next((one.get("outputs") or {} for one in stacks), {})


def count(types: Iterable[str]) -> dict[str, Counter[str]]:
    """Resources per cloud and service, from Pulumi type tokens such as `aws:s3/bucket:Bucket`."""
    counts: dict[str, Counter[str]] = {}
    for token in types:
        package, _, rest = token.partition(":")
        if package in CLOUDS:
            service = rest.partition("/")[0].partition(":")[0]
            counts.setdefault(CLOUDS[package], Counter())[service] += 1
    return counts


def first_complete_row(data: DataSettings) -> tuple[list[float], str] | None:
    """The first row of the data with a value in every feature and the target, in raw units."""
    with data.path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            try:
                return [float(row[name]) for name in data.features], row[data.target]
            except ValueError:
                continue  # a gap, written as NA or left empty
    return None


def _rows(stack: Stack) -> list[tuple[str, list[float]]]:
    """What to predict, each with its heading."""
    data = stack.data_settings()
    found = first_complete_row(data)
    rows = [] if found is None else [(f"{found[0]} (is {found[1]})", found[0])]
    example = data.example_row
    return [*rows, (json.dumps([example]), example)]


def _predictions(
    cloud: str, outputs: Mapping[str, Any], rows: list[tuple[str, list[float]]]
) -> str:
    """One block a row. A stack without an endpoint predicts nothing."""
    if "endpoint_name" not in outputs or cloud not in predictors.BY_CLOUD:
        return "none"
    try:
        answers = predictors.BY_CLOUD[cloud](outputs, [values for _, values in rows])
    except predictors.PredictionFailed as failure:
        return f"failed: {failure}"
    return "\n".join(
        f"{heading}\n  → {answer['label']} ({max(answer['probabilities'].values()):.3f})"
        for (heading, _), answer in zip(rows, answers, strict=True)
    )


def _logs(stack: Stack, outputs: Mapping[str, Any]) -> str:
    groups = (outputs.get("log_groups") or {}).values()
    own = "make logs" if stack.sandboxed else ""
    return "\n".join([*([own] if own else []), *map(str, groups)])


def main() -> int:
    """`python -m tools.summary [STACK]`."""
    name = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    require_stack(name)
    stack = Stack(name=name)
    show(stack, stack.export())
    return 0


if __name__ == "__main__":
    run_main(main)
