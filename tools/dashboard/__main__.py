"""`make dashboard`: writes one page over the stack's clouds, once or again and again."""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tools import predictors
from tools.dashboard import aws, azure, gcp
from tools.dashboard.overview import Overview, Window
from tools.dashboard.page import page
from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.rollback import project_of
from tools.stack import Stack

LOOK: dict[str, Callable[[str, Mapping[str, Any], Window], Overview]] = {
    "aws": aws.look,
    "gcp": gcp.look,
    "azure": azure.look,
}


def main() -> int:
    """`python -m tools.dashboard [--stack NAME] [--every SECONDS]`."""
    parser = argparse.ArgumentParser(prog="make dashboard")
    parser.add_argument("--stack", default=LOCAL)
    parser.add_argument("--every", type=int, help="write it again after so many seconds")
    arguments = parser.parse_args()
    require_stack(arguments.stack)
    stack = Stack(name=arguments.stack)
    stack.require_sandbox()
    os.environ.update(stack.environ)  # for the clouds' SDKs, which look nowhere else
    place = stack.project / f"dashboard-{stack.name}.html"
    write(stack, place, every=arguments.every)
    print(place, flush=True)
    while arguments.every:
        time.sleep(arguments.every)
        write(stack, place, every=arguments.every)
    return 0


def write(stack: Stack, place: Path, *, every: int | None) -> None:
    """Asks all clouds and writes the page.

    Raises ToolError when the stack has no endpoint in any.
    """
    outputs = stack.outputs(show_secrets=True)
    served = {cloud: outputs[cloud] for cloud in LOOK if (outputs.get(cloud) or {}).get("region")}
    if not served:
        raise ToolError("the stack has no endpoint", remedy="bring it up: `make up`")
    name = f"{project_of(stack)}-{stack.name}"
    row = stack.data_settings().example_row
    moment = time.time()
    window = Window.until(moment)
    # Asked before the metrics, so that the page shows its own requests too.
    told = {cloud: _predictions(cloud, own, row) for cloud, own in served.items()}
    with ThreadPoolExecutor(len(served)) as pool:
        found = pool.map(lambda cloud: LOOK[cloud](name, served[cloud], window), served)
        columns = {
            cloud: (served[cloud], column) for cloud, column in zip(served, found, strict=True)
        }
    text = page(stack.name, columns, told, window, moment=moment, every=every)
    # A browser that loads it meanwhile gets the old one whole.
    fresh = place.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(place)


def _predictions(cloud: str, outputs: Mapping[str, Any], row: list[float]) -> list[str]:
    """A line for each way of asking: the label, how sure, how long it took."""
    lines = []
    for way, ask in predictors.ways(cloud, outputs).items():
        start = time.monotonic()
        try:
            (answer,) = ask(outputs, [row])
        except predictors.PredictionFailed as failure:
            lines.append(f"{way}: failed: {failure}")
            continue
        sure = max(answer["probabilities"].values())
        took = (time.monotonic() - start) * 1000
        lines.append(f"{way}: {row} is {answer['label']} ({sure:.3f}), in {took:.0f} ms")
    return lines


if __name__ == "__main__":
    run_main(main)
