"""The table at the end of `make up`: a column a cloud, with what there is and real predictions."""

import csv
import os
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from plugin.values import SIGNATURE_KEY
from stacks.settings import DataSettings
from tools import predictors
from tools.environment import LOCAL, require_stack
from tools.errors import run_main
from tools.stack import Stack

CLOUDS = {"aws": "aws", "gcp": "gcp", "azure-native": "azure"}
OURS = "trimaran"


def show(stack: Stack, exported: Mapping[str, Any]) -> None:
    """Prints the table of a stack that is up. A prediction that fails is shown as such.

    exported: the stack's state, as `pulumi stack export` gives it.
    """
    os.environ.update(stack.environ)  # for the clouds' SDKs, which look nowhere else
    console = Console()
    console.print()
    console.print(table(stack, exported["deployment"].get("resources", [])))


def table(stack: Stack, resources: Sequence[Mapping[str, Any]]) -> Table:
    """The table; the clouds stand side by side, so that it fits 80 columns with three of them."""
    counts = count(
        resource["type"]
        for resource in resources
        # Only what exists in the cloud: components, which have no id, are groups of it.
        if resource.get("id")
    )
    known = outputs_of(resources)
    if holds_secret(known):
        # Such as the key of a container: the state has it encrypted, and maybe all around it.
        known = stack.outputs(show_secrets=True)
    outputs = {cloud: known.get(cloud) or {} for cloud in counts}
    rows = _rows(stack)
    result = Table(title=f"stack {stack.name}", title_justify="left", show_lines=True)
    result.add_column(overflow="fold", max_width=18)
    for cloud in counts:
        result.add_column(cloud, overflow="fold", ratio=1)
    result.add_row("created", *(_created(kinds) for kinds in counts.values()))
    result.add_row("endpoint", *(short_name(own) for own in outputs.values()))
    answers = [_predictions(cloud, own, rows) for cloud, own in outputs.items()]
    for index, (heading, _) in enumerate(rows):
        result.add_row(heading, *(told[index] for told in answers))
    result.add_row("logs", *(_logs(stack, own) for own in outputs.values()))
    return result


def outputs_of(resources: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The stack's outputs, which the state keeps on the resource that is the stack itself."""
    stacks = (one for one in resources if one["type"] == "pulumi:pulumi:Stack")
    return next((one.get("outputs") or {} for one in stacks), {})


def holds_secret(value: object) -> bool:
    """Whether any part of a value of the state is a secret."""
    if isinstance(value, Mapping):
        return SIGNATURE_KEY in value or any(holds_secret(part) for part in value.values())
    return isinstance(value, list) and any(holds_secret(part) for part in value)


def count(types: Iterable[str]) -> dict[str, Counter[str]]:
    """Resources per cloud and service, from Pulumi type tokens such as `aws:s3/bucket:Bucket`.

    The project's own, such as `trimaran:gcp:CustomJob`, count as `trimaran` of their cloud.
    """
    counts: dict[str, Counter[str]] = {}
    for token in types:
        package, _, rest = token.partition(":")
        service = rest.partition("/")[0].partition(":")[0]
        if package == OURS and service in CLOUDS.values():
            counts.setdefault(service, Counter())[OURS] += 1
        elif package in CLOUDS:
            counts.setdefault(CLOUDS[package], Counter())[service] += 1
    return dict(sorted(counts.items()))


def first_complete_row(data: DataSettings) -> tuple[list[float], str] | None:
    """The first row of the data with a value in every feature and the target, in raw units."""
    with data.path.open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            try:
                return [float(row[name]) for name in data.features], row[data.target]
            except ValueError:
                continue  # a gap, written as NA or left empty
    return None


def short_name(outputs: Mapping[str, Any]) -> str:
    """What consoles and command lines call the endpoint: of a path the last part."""
    return str(outputs.get("endpoint_name") or "none").rpartition("/")[2]


def _created(kinds: Counter[str]) -> str:
    services = ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())
    return f"{kinds.total()} resources:\n{services}"


def _rows(stack: Stack) -> list[tuple[str, list[float]]]:
    """What to predict, each with its heading."""
    data = stack.data_settings()
    found = first_complete_row(data)
    rows = [] if found is None else [(f"{_spaced(found[0])}\nreally {found[1]}", found[0])]
    example = data.example_row
    return [*rows, (_spaced(example), example)]


def _spaced(row: list[float]) -> str:
    # As it can be given to `make predict`.
    return f"[{', '.join(f'{value:.12g}' for value in row)}]"


def _predictions(
    cloud: str, outputs: Mapping[str, Any], rows: list[tuple[str, list[float]]]
) -> list[str]:
    """One text a row. A stack without an endpoint predicts nothing."""
    ways = predictors.ways(cloud, outputs)
    if not ways:
        return ["none"] * len(rows)
    told = [_told(ask, outputs, rows) for ask in ways.values()]
    if len(ways) == 1:
        return told[0]
    # A line for each way, with its name.
    return [
        "\n".join(f"{way}: {text}" for way, text in zip(ways, texts, strict=True))
        for texts in zip(*told, strict=True)
    ]


def _told(
    ask: predictors.Predictor, outputs: Mapping[str, Any], rows: list[tuple[str, list[float]]]
) -> list[str]:
    try:
        answers = ask(outputs, [values for _, values in rows])
    except predictors.PredictionFailed as failure:
        return [f"failed: {failure}"] * len(rows)
    return [
        f"{answer['label']} ({max(answer['probabilities'].values()):.3f})" for answer in answers
    ]


def _logs(stack: Stack, outputs: Mapping[str, Any]) -> str:
    """How to read the logs here, and where the cloud keeps them."""
    own = []
    if stack.sandboxed:
        own = [f"make logs ARGS={name}" for name in (short_name(outputs),) if name != "none"]
    groups = (outputs.get("log_groups") or {}).values()
    return "\n".join([*own, *map(str, groups)])


def main() -> int:
    """`python -m tools.summary [STACK]`."""
    name = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    require_stack(name)
    stack = Stack(name=name)
    show(stack, stack.export())
    return 0


if __name__ == "__main__":
    run_main(main)
