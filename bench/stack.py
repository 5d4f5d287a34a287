"""How long `pulumi up` and `pulumi preview` take on stack `local`, against named limits.

    python -m bench.stack [--output FILE]

Everything runs in a throw-away workspace with its own sandbox and engine state. Each figure is
the median of several runs; a ratio compares runs made in turn, so that a busy machine slows both.
"""

import argparse
import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from bench.job_times import busy_seconds, spans
from tools import workspace
from tools.stack import Stack

RUNS = 5
EMPTY_PROGRAM = "import pulumi\n"
# Writes down what the program has imported by its end.
REPORT = """
import atexit, json, pathlib, sys
atexit.register(lambda: pathlib.Path({path!r}).write_text(json.dumps(list(sys.modules))))
"""
IMPORTS_PROGRAM = """
import gc, importlib, json, pathlib, sys
import pulumi
gc.disable()
sys.path.insert(0, {project!r})
for name in json.loads(pathlib.Path({path!r}).read_text()):
    if name != "__main__":
        try:
            importlib.import_module(name)
        except ImportError:
            pass  # made at run time
"""


def timed(action: Callable[[], object]) -> float:
    """Wall seconds that ``action`` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def in_turn(
    first: Callable[[], object], second: Callable[[], object], *, runs: int = RUNS
) -> tuple[list[float], list[float]]:
    """Seconds of both, run A B A B … after one uncounted run of each."""
    first()
    second()
    pairs = [(timed(first), timed(second)) for _ in range(runs)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> float:
    """The median of the ratios pair by pair."""
    return statistics.median(a / b for a, b in zip(numerator, denominator, strict=True))


def make_stack(directory: Path, *clouds: str) -> Stack:
    """A workspace with a stack of these clouds that has nothing in it yet."""
    workspace.make(directory)
    settings = directory / "Pulumi.local.yaml"
    content = yaml.safe_load(settings.read_text())
    content["config"]["trimaran:clouds"] = list(clouds)
    settings.write_text(yaml.safe_dump(content, sort_keys=False))
    stack = Stack(name="local", project=directory, sandbox_state=directory / ".sandbox")
    stack.start_sandbox()
    stack.create()
    return stack


def make_empty(directory: Path, stack: Stack, program: str = EMPTY_PROGRAM) -> Path:
    """A project whose program declares nothing, on the same engine and Python."""
    directory.mkdir()
    (directory / "__main__.py").write_text(program)
    (directory / ".venv").symlink_to(stack.project / ".venv")
    (directory / "Pulumi.yaml").write_text(
        "name: empty\nruntime:\n  name: python\n  options:\n    virtualenv: .venv\n"
    )
    run(directory, stack, "stack", "init", "local")
    return directory


def run(directory: Path, stack: Stack, *arguments: str) -> None:
    """Runs `pulumi …` quietly; its words are shown when it fails."""
    ended = subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=directory,
        env=stack.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise SystemExit(f"pulumi {' '.join(arguments)} failed:\n{ended.stdout}{ended.stderr}")


UP = ("up", "--yes", "--skip-preview", "--stack", "local")
PREVIEW = ("preview", "--stack", "local")


def measure(root: Path) -> list[tuple[str, str, str, str]]:
    """Rows of the table: what, seconds, ratio, goal."""
    return [
        *measure_aws(root / "aws"),
        *measure_both(root / "both"),
        *measure_platform(root / "platform"),
    ]


def measure_aws(root: Path) -> list[tuple[str, str, str, str]]:
    """The rows of the AWS slice alone."""
    stack = make_stack(root / "project", "aws")
    project = stack.project
    try:
        empty = make_empty(root / "empty", stack)
        new, nothing = in_turn(
            lambda: run(project, stack, *PREVIEW), lambda: run(empty, stack, *PREVIEW)
        )
        first = timed(lambda: run(project, stack, *UP))
        second, again = in_turn(
            lambda: run(project, stack, *UP), lambda: run(project, stack, *PREVIEW)
        )
    finally:
        stack.sandbox("stop")
    median = statistics.median
    return [
        ("AWS: first `up`, after set-up", f"{first:.1f} s", "", "≤ 60 s"),
        (
            "AWS: second `up` against `preview` of the same",
            f"{median(second):.1f} s / {median(again):.1f} s",
            f"{ratio(second, again):.2f} ×",
            "≤ 1.1 ×",
        ),
        (
            "AWS: `preview` of a new stack against an empty program",
            f"{median(new):.1f} s / {median(nothing):.1f} s",
            f"{ratio(new, nothing):.2f} ×",
            "≤ 1.5 ×",
        ),
    ]


def measure_both(root: Path) -> list[tuple[str, str, str, str]]:
    """The rows of AWS and GCP together."""
    stack = make_stack(root / "project", "aws", "gcp")
    project = stack.project
    try:
        first = timed(lambda: run(project, stack, *UP))
        second, again = in_turn(
            lambda: run(project, stack, *UP), lambda: run(project, stack, *PREVIEW)
        )
        gone = timed(lambda: run(project, stack, "destroy", *UP[1:]))
    finally:
        stack.sandbox("stop")
    median = statistics.median
    return [
        ("AWS and GCP: first `up`, after set-up", f"{first:.1f} s", "", "≤ 60 s"),
        (
            "AWS and GCP: second `up` against `preview` of the same",
            f"{median(second):.1f} s / {median(again):.1f} s",
            f"{ratio(second, again):.2f} ×",
            "≤ 1.1 ×",
        ),
        ("AWS and GCP: `destroy`", f"{gone:.1f} s", "", ""),
    ]


def measure_platform(root: Path) -> list[tuple[str, str, str, str]]:
    """The rows of the three clouds together."""
    stack = make_stack(root / "project", "aws", "gcp", "azure")
    project, median = stack.project, statistics.median
    try:
        imports = make_imports(root / "imports", stack)
        new, least = in_turn(
            lambda: run(project, stack, *PREVIEW), lambda: run(imports, stack, *PREVIEW)
        )
        first = timed(lambda: run(project, stack, *UP))
        jobs = busy_seconds(spans(project / ".sandbox").values())
    finally:
        stack.sandbox("stop")
    return [
        ("Three clouds: first `up`, after set-up", f"{first:.1f} s", "", "≤ 90 s"),
        (
            "Three clouds: first `up` against the time in which jobs ran",
            f"{first:.1f} s / {jobs:.1f} s",
            f"{first / jobs:.2f} ×",
            "≤ 1.5 ×",
        ),
        (
            "Three clouds: `preview` of a new stack against engine and imports",
            f"{median(new):.1f} s / {median(least):.1f} s",
            f"{ratio(new, least):.2f} ×",
            "≤ 1.3 ×",
        ),
    ]


def make_imports(directory: Path, stack: Stack) -> Path:
    """A project that imports what the stack's program imports, and declares nothing."""
    program, path = stack.project / "__main__.py", str(directory.with_suffix(".json"))
    source = program.read_text()
    program.write_text(REPORT.format(path=path) + source)
    try:
        run(stack.project, stack, *PREVIEW)
    finally:
        program.write_text(source)
    return make_empty(
        directory, stack, IMPORTS_PROGRAM.format(project=str(stack.project), path=path)
    )


def table(rows: Sequence[tuple[str, str, str, str]]) -> str:
    """The rows as Markdown."""
    lines = ["| what | time | ratio | goal |", "|---|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


def main() -> None:
    """Measures and prints the table, or writes it."""
    parser = argparse.ArgumentParser(description="Measure pulumi up and pulumi preview.")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory(prefix="trimaran-bench-") as directory:
        text = table(measure(Path(directory)))
    note = (
        f"`python -m bench.stack`, {time.strftime('%Y-%m-%d %H:%M')}: {os.cpu_count()} cores (load "
        f"{os.getloadavg()[2]:.0f}), Python {platform.python_version()}; "
        f"medians of {RUNS} pairs of runs in turn."
    )
    if output is None:
        print(text)
    else:
        output.write_text(f"{note}\n\n{text}\n")


if __name__ == "__main__":
    main()
