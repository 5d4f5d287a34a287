"""What a training run is told: hyper-parameters and places, from arguments or the environment.

SageMaker sets SM_*, Vertex AI sets AIP_* and CLUSTER_SPEC, Azure ML sets AZUREML_* and what
PyTorch's launcher would; places may be in Cloud Storage.
"""

import json
import math
import os
from argparse import ArgumentTypeError
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from cloud_files import fetched, is_remote, local_directory
from user_errors import ArgumentParser, DataError

_CHECKPOINTS = Path("/opt/ml/checkpoints")


@dataclass(frozen=True, kw_only=True)
class TrainingSettings:
    """Hyper-parameters, input and output directories, and the hosts that train together."""

    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    train: Path
    validation: Path
    test: Path
    statistics: Path
    model_dir: Path
    output_data_dir: Path | None
    checkpoint_dir: Path | None
    hosts: tuple[str, ...]
    current_host: str
    averaging_port: int
    stored: Mapping[str, tuple[Path, str]]
    """Directories that belong in Cloud Storage: setting to directory and `gs://` place."""


def _whole_number(text: str) -> int:
    # Tuning services send whole numbers as floating-point ones: "32.0".
    number = float(text)
    if not (number.is_integer() and number >= 1):
        raise ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(number)


def _rate(text: str) -> float:
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def _hosts(text: str) -> tuple[str, ...]:
    names = json.loads(text) if text.startswith("[") else text.split(",")
    return tuple(str(name).strip() for name in names)


def read_settings(argv: Sequence[str] | None = None) -> TrainingSettings:
    """Parse arguments; SM_* variables are the defaults. Raises DataError for a wrong value."""
    environ = os.environ
    parser = ArgumentParser("Train a classifier on prepared data.")
    parser.add_argument("--learning_rate", type=_rate, default=0.05)
    parser.add_argument("--batch_size", type=_whole_number, default=32)
    parser.add_argument("--epochs", type=_whole_number, default=20)
    parser.add_argument("--seed", type=int, default=42)
    places = {
        "train": "SM_CHANNEL_TRAIN",
        "validation": "SM_CHANNEL_VALIDATION",
        "test": "SM_CHANNEL_TEST",
        "statistics": "SM_CHANNEL_STATISTICS",
        "model_dir": "SM_MODEL_DIR",
    }
    told = _vertex_places(environ) or _azure_places(environ)
    for name, variable in places.items():
        parser.add_argument(f"--{name}", default=environ.get(variable) or told.get(name))
    output = environ.get("SM_OUTPUT_DATA_DIR") or told.get("output_data_dir")
    parser.add_argument("--output_data_dir", default=output)
    checkpoints = environ.get("SM_CHECKPOINT_DIR") or told.get("checkpoint_dir")
    if not checkpoints and _CHECKPOINTS.is_dir():
        checkpoints = str(_CHECKPOINTS)
    parser.add_argument("--checkpoint_dir", default=checkpoints)
    cluster = _cluster(environ)
    current = environ.get("SM_CURRENT_HOST") or cluster.current_host
    hosts = environ.get("SM_HOSTS") or cluster.hosts
    parser.add_argument("--hosts", type=_hosts, default=hosts)
    parser.add_argument("--current_host", default=current)
    port = environ.get("AVERAGING_PORT") or cluster.port
    parser.add_argument("--averaging_port", type=_whole_number, default=port)
    arguments, ignored = parser.parse_known_args(argv)
    if ignored:  # SageMaker adds hyper-parameters of its own, such as _tuning_objective_metric
        print(f"ignored arguments: {' '.join(ignored)}")
    for name, variable in places.items():
        if getattr(arguments, name) is None:
            raise DataError(f"no {name} directory is given: set --{name} or {variable}")
    settings = vars(arguments)
    settings["hosts"] = settings["hosts"] or (settings["current_host"],)
    directories = _directories(settings)  # first, because it takes the places out
    return TrainingSettings(**settings, **directories)


def _directories(settings: dict[str, Any]) -> dict[str, Any]:
    """Takes the places out of `settings`: inputs fetched, outputs with a directory to fill."""
    directories: dict[str, Any] = {}
    for name in ("train", "validation", "test", "statistics"):
        directories[name] = fetched(settings.pop(name))
    stored = {}
    for name in ("model_dir", "output_data_dir", "checkpoint_dir"):
        place = settings.pop(name)
        # Checkpoints of an interrupted run are what this one goes on from.
        opened = fetched if name == "checkpoint_dir" else local_directory
        directories[name] = opened(place) if place else None
        if place and is_remote(place):
            stored[name] = (directories[name], place)
    return {**directories, "stored": stored}


class _Cluster(NamedTuple):
    """The hosts, comma-separated in rank order, this one, and the port between them."""

    hosts: str | None
    current_host: str
    port: str


def _cluster(environ: Mapping[str, str]) -> _Cluster:
    """The hosts that Vertex AI names: the primary replica first, then the workers.

    https://cloud.google.com/vertex-ai/docs/training/distributed-training#cluster-variables
    """
    alone = _azure_cluster(environ) or _Cluster(None, "127.0.0.1", "29400")
    try:
        spec = json.loads(environ.get("CLUSTER_SPEC") or "{}")
    except ValueError:
        raise DataError("CLUSTER_SPEC is no JSON: leave it unset outside of Vertex AI") from None
    pools = spec.get("cluster") or {}
    task = spec.get("task") or {}
    names = sorted(name for name in pools if name.startswith("workerpool"))
    addresses = [address for name in names for address in pools[name]]
    if len(addresses) < 2:
        return alone
    hosts = [address.rpartition(":")[0] for address in addresses]
    own = pools[task["type"]][int(task["index"])].rpartition(":")[0]
    return _Cluster(",".join(hosts), own, addresses[0].rpartition(":")[2])


def _azure_cluster(environ: Mapping[str, str]) -> _Cluster | None:
    """The processes of a job with the distribution PyTorch: only the leader's address is told.

    https://learn.microsoft.com/azure/machine-learning/how-to-train-distributed-gpu#pytorch
    """
    names = ("AZUREML_RUN_ID", "MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK")
    if not all(environ.get(name) for name in names) or int(environ["WORLD_SIZE"]) < 2:
        return None
    others = [f"process-{rank}" for rank in range(1, int(environ["WORLD_SIZE"]))]
    hosts = [environ["MASTER_ADDR"], *others]
    return _Cluster(",".join(hosts), hosts[int(environ["RANK"])], environ["MASTER_PORT"])


def _vertex_places(environ: Mapping[str, str]) -> dict[str, str]:
    """Where Vertex AI wants what: `<output>/model/`, and the evaluation beside it."""
    model = environ.get("AIP_MODEL_DIR", "")
    if not model:
        return {}
    places = {
        "model_dir": model,
        "output_data_dir": f"{model.rstrip('/').rpartition('/')[0]}/output/",
    }
    if environ.get("AIP_CHECKPOINT_DIR"):
        places["checkpoint_dir"] = environ["AIP_CHECKPOINT_DIR"]
    return places


def _azure_places(environ: Mapping[str, str]) -> dict[str, str]:
    """Azure ML stores what a job leaves in `outputs/` of its working directory with its run."""
    if not environ.get("AZUREML_RUN_ID"):
        return {}
    return {"model_dir": "outputs", "output_data_dir": "outputs"}
