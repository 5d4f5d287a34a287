"""What a training run is told: hyper-parameters and places, from arguments or SageMaker's SM_*."""

import json
import math
import os
from argparse import ArgumentTypeError
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

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
    for name, variable in places.items():
        parser.add_argument(f"--{name}", type=Path, default=environ.get(variable))
    output = environ.get("SM_OUTPUT_DATA_DIR")
    parser.add_argument("--output_data_dir", type=Path, default=output)
    checkpoints = environ.get("SM_CHECKPOINT_DIR") or (
        _CHECKPOINTS if _CHECKPOINTS.is_dir() else None
    )
    parser.add_argument("--checkpoint_dir", type=Path, default=checkpoints)
    current = environ.get("SM_CURRENT_HOST", "127.0.0.1")
    parser.add_argument("--hosts", type=_hosts, default=environ.get("SM_HOSTS"))
    parser.add_argument("--current_host", default=current)
    port = environ.get("AVERAGING_PORT", "29400")
    parser.add_argument("--averaging_port", type=_whole_number, default=port)
    arguments, ignored = parser.parse_known_args(argv)
    if ignored:  # SageMaker adds hyper-parameters of its own, such as _tuning_objective_metric
        print(f"ignored arguments: {' '.join(ignored)}")
    for name, variable in places.items():
        if getattr(arguments, name) is None:
            raise DataError(f"no {name} directory is given: set --{name} or {variable}")
    settings = vars(arguments)
    settings["hosts"] = settings["hosts"] or (settings["current_host"],)
    return TrainingSettings(**settings)
