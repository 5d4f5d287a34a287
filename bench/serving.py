"""One-row predictions per second and their latency: serve.py beside other model servers.

python -m bench.serving [--output FILE] [--rounds N] [--seconds S]

All servers run at the same time on one machine with one worker and one and the same model; the
load goes to one after the other, several rounds, and the median counts, so that noise of the
machine meets all alike. Read the ratios; the milliseconds are this machine's. The limit is
scikit-learn alone: predict_proba on one row in a loop, no server at all.
"""

import argparse
import contextlib
import hashlib
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tools.library_sets import environment

_ROOT = Path(__file__).resolve().parents[1]
_PEERS = Path(__file__).resolve().parent / "serving_peers"
_FEATURES = "bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g"
_ROW = [39.1, 18.7, 181.0, 3750.0]
_OPEN_INFERENCE = {"inputs": [{"name": "rows", "shape": [1, 4], "datatype": "FP64", "data": _ROW}]}
_START_SECONDS = 120.0
_LIMIT = """
import sys, time, joblib, numpy
model = joblib.load(sys.argv[1])["estimator"]
row = numpy.zeros((1, 4))
count, end = 0, time.perf_counter() + float(sys.argv[2])
while time.perf_counter() < end:
    model.predict_proba(row)
    count += 1
print(count / float(sys.argv[2]))
"""


@dataclass
class Contestant:
    """A server under test; `figures` has one entry per client count and round."""

    name: str
    path: str
    body: str
    command: list[str]
    environ: dict[str, str]
    port: int
    figures: dict[int, list[dict[str, float]]] = field(default_factory=dict)

    def median(self, clients: int, figure: str) -> float:
        """The median of a figure over the rounds."""
        return statistics.median(measured[figure] for measured in self.figures[clients])


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _train(directory: Path) -> Path:
    script = str(_ROOT / "model_code")
    table, target = str(_ROOT / "data" / "penguins.csv"), ["--target", "species"]
    prepare = ["--input", table, "--output", str(directory), "--features", _FEATURES, *target]
    channels = ("train", "validation", "test", "statistics")
    train = [text for name in channels for text in (f"--{name}", str(directory / name))]
    model = directory / "model"
    for command in (
        [f"{script}/prepare.py", *prepare],
        [f"{script}/train.py", *train, "--model_dir", str(model)],
    ):
        subprocess.run([sys.executable, *command], check=True, capture_output=True)
    return model


def _contestants(model: Path) -> list[Contestant]:
    file = model / "model.joblib"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    rows = json.dumps([_ROW])
    ours = Contestant(
        "serve.py",
        "/invocations",
        rows,
        [sys.executable, str(_ROOT / "model_code" / "serve.py")],
        {"MODEL_DIR": str(model), "MODEL_SHA256": digest},
        _free_port(),
    )
    ours.environ["SAGEMAKER_BIND_TO_PORT"] = str(ours.port)
    peers = []
    for name, path, body in (
        ("azureml", "/score", rows),
        ("mlserver", "/v2/models/model/infer", json.dumps(_OPEN_INFERENCE)),
        ("litserve", "/predict", json.dumps({"instances": [_ROW]})),
    ):
        lock = _PEERS / f"{name}.lock"
        pinned = next(
            line.partition(" ")[0].replace("==", " ")
            for line in lock.read_text(encoding="utf-8").splitlines()
            if line.startswith(name)
        )
        port = _free_port()
        script = str(_PEERS / f"{name}_peer.py")
        command = [str(environment(lock)), script, str(file), str(port)]
        peers.append(Contestant(pinned, path, body, command, {}, port))
    return [ours, *peers]


@contextlib.contextmanager
def _running(contestant: Contestant, directory: Path) -> Iterator[None]:
    log = directory / f"{contestant.port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            contestant.command,
            env={**os.environ, **contestant.environ},
            cwd=directory,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            deadline = time.monotonic() + _START_SECONDS
            while True:
                try:
                    _load(contestant, clients=1, seconds=0.2)
                    break
                except subprocess.CalledProcessError:
                    if process.poll() is not None or time.monotonic() > deadline:
                        sys.exit(f"{contestant.name} did not start:\n{log.read_text()[-3000:]}")
                    time.sleep(0.5)
            yield
        finally:
            # Peers have child processes of their own; the group is theirs alone.
            os.killpg(process.pid, 9)
            process.wait()


def _load(contestant: Contestant, *, clients: int, seconds: float) -> dict[str, float]:
    command = [sys.executable, str(_ROOT / "bench" / "serving_load.py"), str(contestant.port)]
    outcome = subprocess.run(
        [*command, contestant.path, str(clients), str(seconds), contestant.body],
        check=True,
        capture_output=True,
        text=True,
    )
    measured: dict[str, float] = json.loads(outcome.stdout)
    return measured


def _limit(model: Path, seconds: float) -> float:
    command = [sys.executable, "-c", _LIMIT, str(model / "model.joblib"), str(seconds)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _table(contestants: list[Contestant], limit: float, note: str) -> str:
    ours = contestants[0]
    lines = [
        "| server | clients | requests/s | p50 ms | p99 ms | serve.py's requests/s | p50 | p99 |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for clients in (1, 8):
        for one in contestants:
            rps, p50, p99 = (one.median(clients, name) for name in ("rps", "p50", "p99"))
            ratios = (
                f"{ours.median(clients, 'rps') / rps:.1f} ×",
                *(f"{ours.median(clients, name) / one.median(clients, name):.2f} ×"
                  for name in ("p50", "p99")),
            )  # fmt: skip
            cells = (f"{rps:.0f}", f"{p50:.2f}", f"{p99:.2f}")
            shown = ("", "", "") if one is ours else ratios
            lines.append(f"| {one.name} | {clients} | {' | '.join((*cells, *shown))} |")
    share = ours.median(1, "rps") / limit
    lines.append(f"| *limit: predict_proba in a loop* | – | {limit:.0f} | | | {share:.2f} × | | |")
    return f"{note}\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """The command line described at the top."""
    parser = argparse.ArgumentParser(description="Measure serve.py beside other model servers.")
    parser.add_argument("--output", type=Path, help="Markdown file to write")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        directory = Path(name)
        model = _train(directory)
        contestants = _contestants(model)
        for one in contestants:
            stack.enter_context(_running(one, directory))
        limits = []
        for _ in range(arguments.rounds):
            limits.append(_limit(model, arguments.seconds))
            for clients in (1, 8):
                for one in contestants:
                    measured = _load(one, clients=clients, seconds=arguments.seconds)
                    one.figures.setdefault(clients, []).append(measured)
    note = (
        f"`python -m bench.serving`: one row as JSON, loopback, one worker each, "
        f"{os.cpu_count()} cores, Python {platform.python_version()}; medians of "
        f"{arguments.rounds} rounds of {arguments.seconds:g} s. The ratios are serve.py's figure "
        "over the server's in that line: more requests and fewer milliseconds are better."
    )
    table = _table(contestants, statistics.median(limits), note)
    print(table)
    if arguments.output:
        arguments.output.write_text(table, encoding="utf-8")


if __name__ == "__main__":
    main()
