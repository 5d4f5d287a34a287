"""How `pulumi preview` grows with the number of models in one stack.

    python -m bench.growth [--output FILE]

Previews of a new stack: shared parts once, training and serving for each model. No job runs, so
what is measured is the program, the engine and the provider plugins.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from bench.stack import make_stack, timed
from tools.stack import Stack

MODELS = (1, 5, 20)
RUNS = 3
GOAL = "at most linear"


def preview(stack: Stack, models: int) -> int:
    """Previews the stack with ``models`` models; how many resources it would make."""
    ended = subprocess.run(
        ["pulumi", "preview", "--json", "--non-interactive", "--stack", stack.name],
        cwd=stack.project,
        env={**stack.environ, "BENCH_MODELS": str(models)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise SystemExit(f"pulumi preview failed:\n{ended.stdout}{ended.stderr}")
    return int(json.loads(ended.stdout)["changeSummary"]["create"])


def measure(root: Path) -> list[tuple[int, int, float]]:
    """Models, resources, seconds (the median of RUNS after one uncounted run)."""
    stack = make_stack(root / "project", "aws")
    shutil.copy(Path(__file__).with_name("growth_program.py"), stack.project / "__main__.py")
    try:
        preview(stack, MODELS[0])
        found = []
        for models in MODELS:
            resources = preview(stack, models)
            seconds = [timed(partial(preview, stack, models)) for _ in range(RUNS)]
            found.append((models, resources, statistics.median(seconds)))
    finally:
        stack.sandbox("stop")
    return found


def table(found: list[tuple[int, int, float]]) -> str:
    """The figures as Markdown; each line's growth is that over the line before."""
    lines = [
        "| models in one stack | resources | `preview` | per further model | per resource |",
        "|---:|---:|---:|---:|---:|",
    ]
    before: tuple[int, float] | None = None
    for models, resources, seconds in found:
        further = "–"
        if before is not None:
            further = f"{(seconds - before[1]) / (models - before[0]):.2f} s"
        per_resource = f"{1000 * seconds / resources:.0f} ms"
        lines.append(f"| {models} | {resources} | {seconds:.1f} s | {further} | {per_resource} |")
        before = models, seconds
    return "\n".join(lines)


def main() -> None:
    """Measures and prints the table, or writes it."""
    parser = argparse.ArgumentParser(description="Measure stacks with several models.")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory(prefix="trimaran-bench-") as directory:
        text = table(measure(Path(directory)))
    note = (
        f"`python -m bench.growth`, {time.strftime('%Y-%m-%d %H:%M')}: AWS, {os.cpu_count()} "
        f"cores (load {os.getloadavg()[2]:.0f}), Python {platform.python_version()}; medians of "
        f"{RUNS} runs. Goal: {GOAL}."
    )
    if output is None:
        print(text)
    else:
        output.write_text(f"{note}\n\n{text}\n")


if __name__ == "__main__":
    main()
