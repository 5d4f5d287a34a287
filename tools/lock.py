"""`make lock` renews requirements.lock; `--check` says whether it fits requirements.txt."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import paths
from tools.errors import ToolError, run_main
from tools.python_env import LOCK, NETWORK_REMEDY, uv_environment

DIRECT = "requirements.txt"


def compile_into(target: Path, *, project: Path = paths.PROJECT, upgrade: bool = False) -> None:
    """Resolves requirements.txt for every supported Python into the file `target`.

    Pins that are in `target` already stay where they still fit, unless upgrade is asked.
    No address of a package index is written, so any mirror serves the same lock.
    """
    uv = paths.venv(project) / "bin" / "uv"
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--quiet"]
    options += ["--no-header", "--no-emit-index-url", "--output-file", str(target)]
    result = subprocess.run(
        [uv, "pip", "compile", DIRECT, *options, *(["--upgrade"] if upgrade else [])],
        cwd=project,
        env=uv_environment(),
        stdout=subprocess.DEVNULL,
        check=False,
    )
    if result.returncode != 0:
        raise ToolError(f"{DIRECT} could not be resolved", remedy=NETWORK_REMEDY)


def is_current(project: Path = paths.PROJECT) -> bool:
    """Whether resolving now, from the pins there are, would change nothing."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / LOCK
        shutil.copyfile(project / LOCK, copy)
        compile_into(copy, project=project)
        return copy.read_bytes() == (project / LOCK).read_bytes()


def main() -> int:
    """`python -m tools.lock [--check | --upgrade]`."""
    if "--check" not in sys.argv[1:]:
        compile_into(paths.PROJECT / LOCK, upgrade="--upgrade" in sys.argv[1:])
        return 0
    if is_current():
        return 0
    raise ToolError(f"{LOCK} does not fit {DIRECT}", remedy="run `make lock` and commit it")


if __name__ == "__main__":
    run_main(main)
