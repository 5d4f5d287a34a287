"""What a hyper-parameter search costs beyond its trials, on the sandbox's Vertex AI.

    python -m bench.tuning [--output FILE]

The search is the one that `up` runs: the resource TuningJob with 20 trials of model_code's
training, 2 at once, over learning rate and batch size, 10 epochs each. The overhead is the wall
time from the resource's creation to its outputs over what the trials alone would take side by side:
the sum of their times as the service reports them, from start to end, over the parallelism.
"""

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from components.gcp.code import MODULE, training_package
from components.gcp.runs.cloud import call
from components.gcp.training import study_spec
from components.gcp.vertex.tuning_job import TuningJobHandler
from components.packaging import ROOT
from components.search import Search
from plugin.provider import Context
from sandbox import control
from sandbox.state import StateDirectory

RUNS = 3
TRIALS, PARALLEL, EPOCHS = 20, 2, 10
PROJECT, REGION, BUCKET = "trimaran-local", "us-central1", "bench-tuning"
FEATURES = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
IMAGE = "us-docker.pkg.dev/vertex-ai/training/sklearn-cpu.1-6:latest"
CHANNELS = ("train", "validation", "test", "statistics")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One search: seconds from asking to the best trial, and of each trial."""

    wall: float
    trials: Sequence[float]

    @property
    def alone(self) -> float:
        """Seconds that the trials take side by side with nothing between them."""
        return sum(self.trials) / PARALLEL

    @property
    def overhead(self) -> float:
        return self.wall / self.alone


@contextmanager
def sandbox(directory: Path) -> Iterator[None]:
    """A sandbox of this run's own, which this process's clients reach."""
    state = StateDirectory(directory)
    os.environ["SANDBOX_PLUGINS"] = "off"
    control.start(state, None)
    try:
        ready = control.running(state)
        assert ready is not None, "it was started"
        os.environ.update(control.environment(ready))
        yield
    finally:
        control.stop(state)


def prepare(directory: Path) -> None:
    """The penguins' splits and the training package, in a bucket."""
    from google.cloud import storage

    command = [sys.executable, str(ROOT / "model_code" / "prepare.py")]
    command += ["--input", str(ROOT / "data" / "penguins.csv"), "--output", str(directory)]
    command += ["--features", FEATURES, "--target", "species"]
    subprocess.run(command, check=True, capture_output=True)
    bucket = storage.Client(project=PROJECT).create_bucket(BUCKET)
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            name = f"processed/{path.relative_to(directory)}"
            bucket.blob(name).upload_from_filename(str(path))
    package = training_package(ROOT / "model_code", build=directory / "build")
    bucket.blob("code/package-1.0.tar.gz").upload_from_filename(str(package.path))


def inputs(name: str) -> dict[str, Any]:
    """Of a TuningJob with the mission's figures."""
    search = Search(
        max_trials=TRIALS,
        parallel_trials=PARALLEL,
        learning_rate=(0.001, 0.1),
        log_scale=True,
        batch_sizes=(32, 64, 128),
        epochs=EPOCHS,
        early_stopping=False,
    )
    channels = [f"--{channel}=gs://{BUCKET}/processed/{channel}/" for channel in CHANNELS]
    pool = {
        "machineSpec": {"machineType": "n1-standard-4"},
        "replicaCount": 1,
        "pythonPackageSpec": {
            "executorImageUri": IMAGE,
            "packageUris": [f"gs://{BUCKET}/code/package-1.0.tar.gz"],
            "pythonModule": MODULE,
            "args": [*channels, f"--epochs={EPOCHS}"],
        },
    }
    return {
        "project": PROJECT,
        "region": REGION,
        "name": name,
        "studySpec": study_spec(search),
        "trialJobSpec": {
            "workerPoolSpecs": [pool],
            "baseOutputDirectory": {"outputUriPrefix": f"gs://{BUCKET}/{name}"},
        },
        "maxTrialCount": TRIALS,
        "parallelTrialCount": PARALLEL,
        "maxFailedTrialCount": 0,
    }


def search(name: str) -> Measured:
    """Runs one search to its end."""
    begin = time.perf_counter()
    _, outputs = TuningJobHandler().create(Context(name=name), inputs(name))
    wall = time.perf_counter() - begin
    job = call("aiplatform", "GET", f"/v1/{outputs['resourceName']}", region=REGION)
    if outputs["trialCounts"] != {"SUCCEEDED": TRIALS}:
        raise SystemExit(f"trials failed: {outputs['trialCounts']}")
    return Measured(wall=wall, trials=[_seconds(trial) for trial in job["trials"]])


def _seconds(trial: Mapping[str, Any]) -> float:
    begin, end = (datetime.fromisoformat(trial[key]) for key in ("startTime", "endTime"))
    return (end - begin).total_seconds()


def table(found: Sequence[Measured]) -> str:
    """The searches as Markdown, the median first."""
    middle = statistics.median(item.overhead for item in found)
    chosen = min(found, key=lambda item: abs(item.overhead - middle))
    spread = f"{min(i.overhead for i in found):.2f} – {max(i.overhead for i in found):.2f}"
    row = (
        f"{TRIALS} trials, {PARALLEL} at once",
        f"{chosen.wall:.1f} s",
        f"{chosen.alone:.1f} s",
        f"{statistics.median(chosen.trials):.1f} s",
        f"{middle:.2f} × ({spread})",
        "≤ 1.2 ×",
    )
    head = "| search | wall | trials side by side | one trial (median) | overhead | goal |"
    return "\n".join([head, "|---|---|---|---|---|---|", f"| {' | '.join(row)} |"])


def main() -> None:
    """Measures and prints the table, or writes it."""
    parser = argparse.ArgumentParser(description="Measure the overhead of a search.")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    output = parser.parse_args().output
    with tempfile.TemporaryDirectory(prefix="trimaran-bench-") as text:
        directory = Path(text)
        with sandbox(directory / "sandbox"):
            prepare(directory / "prepared")
            found = [search(f"bench-{number}") for number in range(RUNS)]
    note = (
        f"`python -m bench.tuning`: {os.cpu_count()} cores, Python {platform.python_version()}; "
        f"the median of {RUNS} searches, and their range."
    )
    if output is None:
        print(table(found))
    else:
        output.write_text(f"{note}\n\n{table(found)}\n")


if __name__ == "__main__":
    main()
