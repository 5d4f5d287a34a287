r"""Train the model: the script every cloud's training job runs, and a terminal too.

    python train.py --train prepared/train --validation prepared/validation \
        --test prepared/test --statistics prepared/statistics --model_dir model

Under SageMaker the directories come from SM_CHANNEL_* and SM_MODEL_DIR, under Vertex AI from the
arguments and AIP_MODEL_DIR, where each may be a folder in Cloud Storage (`gs://…`), under Azure ML
from the arguments. Writes to the model directory `model.joblib` (estimator, features, classes, mean
and std in one file; `model.pkl` under Azure ML) and `code/` (the modules that serve it), and
`evaluation.json` to the output directory. Each epoch prints one line of `name=value` pairs for the
metric definitions of a training job.

With several hosts each trains on its shard; weights are averaged after every epoch and the first
host writes the model. With a checkpoint directory an interrupted run continues where it stopped,
to the same result.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from checkpoints import load_checkpoint, save_checkpoint
from cloud_files import store
from column_statistics import Statistics, read_statistics
from evaluate import evaluate
from mlflow_report import in_job, log_metrics
from model_artifact import AZURE_FILE_NAME, FILE_NAME, save_model
from sgd_network import SgdNetwork
from training_data import LabelledRows, read_split, shard
from training_settings import TrainingSettings, read_settings
from tuning_report import report_metric
from user_errors import DataError, failure_file, run
from weight_averaging import HostGroup

_FIGURES = ("accuracy", "macro_f1", "log_loss")


def learn(
    network: SgdNetwork,
    settings: TrainingSettings,
    group: HostGroup,
    *,
    train: LabelledRows,
    validation: LabelledRows,
) -> None:
    """Run the epochs that a checkpoint has not run yet, averaging with the other hosts."""
    mine = shard(train, rank=group.rank, hosts=group.size)
    network.prepare(mine)
    name = _run_name(settings, train)
    done = _resume(network, settings, group, name)
    for epoch in range(done + 1, settings.epochs + 1):
        network.learn_epoch(mine, epoch=epoch, rank=group.rank)
        network.restore(group.mean(network.state(), weight=float(len(mine))))
        if group.rank != 0:
            continue
        _report(epoch, network, train=train, validation=validation)
        if settings.checkpoint_dir:
            save_checkpoint(settings.checkpoint_dir, epoch=epoch, state=network.state(), run=name)
            _store(settings, "checkpoint_dir")


def _resume(network: SgdNetwork, settings: TrainingSettings, group: HostGroup, name: str) -> int:
    """Restore the first host's checkpoint on every host; returns the epochs already done."""
    state = network.state()
    start = np.concatenate([[0.0], state])
    if settings.checkpoint_dir and group.rank == 0:
        found = load_checkpoint(
            settings.checkpoint_dir, size=len(state), run=name, epochs=settings.epochs
        )
        if found:
            print(f"resuming after epoch {found[0]}")
            start = np.concatenate([[float(found[0])], found[1]])
    start = group.from_leader(start)
    network.restore(start[1:])
    return int(start[0])


def _run_name(settings: TrainingSettings, train: LabelledRows) -> str:
    """A digest of all that a checkpoint depends on, the number of epochs aside."""
    digest = hashlib.sha256(train.features.tobytes() + "\0".join(train.labels.tolist()).encode())
    settings_text = (
        f"{settings.learning_rate} {settings.batch_size} {settings.seed} {len(settings.hosts)}"
    )
    digest.update(settings_text.encode())
    return digest.hexdigest()


def _report(
    epoch: int, network: SgdNetwork, *, train: LabelledRows, validation: LabelledRows
) -> None:
    metrics = {"train": _figures(network, train), "validation": _figures(network, validation)}
    pairs = [
        f"{split}_{short}={figures[figure]:.4f}"
        for split, figures in metrics.items()
        for short, figure in (("loss", "log_loss"), ("accuracy", "accuracy"))
    ]
    print(f"epoch={epoch} {' '.join(pairs)}", flush=True)
    accuracy = metrics["validation"]["accuracy"]
    report_metric("accuracy", accuracy, step=epoch)
    log_metrics({"accuracy": accuracy, "loss": metrics["validation"]["log_loss"]}, step=epoch)


def _figures(network: SgdNetwork, rows: LabelledRows) -> dict[str, float]:
    probabilities = network.probabilities(rows.features)
    return evaluate(rows.labels, probabilities, classes=network.classes)


def write_outputs(
    network: SgdNetwork, settings: TrainingSettings, *, statistics: Statistics, test: LabelledRows
) -> None:
    """The model with the code that serves it, and its evaluation on the test split."""
    evaluation = _figures(network, test)
    for figure in _FIGURES:
        print(f"test_{figure}={evaluation[figure]:.4f}")
    measured = {f"test_{figure}": evaluation[figure] for figure in _FIGURES}
    log_metrics(measured, step=settings.epochs)
    if settings.output_data_dir:
        settings.output_data_dir.mkdir(parents=True, exist_ok=True)
        text = json.dumps(evaluation, indent=2, allow_nan=False) + "\n"
        (settings.output_data_dir / "evaluation.json").write_text(text, encoding="utf-8")
    digest = save_model(
        settings.model_dir / (AZURE_FILE_NAME if in_job() else FILE_NAME),
        network.estimator,
        statistics=statistics,
        classes=network.classes,
    )
    _copy_code(settings.model_dir / "code")
    # The model last: where it is, its evaluation is too.
    _store(settings, "output_data_dir")
    _store(settings, "model_dir")
    print(f"model_sha256={digest}")


def _store(settings: TrainingSettings, name: str) -> None:
    if name in settings.stored:
        store(*settings.stored[name])


def _copy_code(destination: Path) -> None:
    """All modules beside this script, a user's own among them: hooks import what they like.

    No requirements file goes along: a serving container must not install anything.
    """
    source = Path(__file__).resolve().parent
    shutil.rmtree(destination, ignore_errors=True)
    packages = [file.parent for file in source.glob("*/__init__.py")]
    for folder in (source, *packages):
        copied = destination / folder.relative_to(source)
        copied.mkdir(parents=True)
        for module in sorted(folder.glob("*.py")):
            shutil.copyfile(module, copied / module.name)


def main(argv: Sequence[str] | None = None) -> None:
    """Train with the settings of the command line and environment."""
    settings = read_settings(argv)
    statistics = read_statistics(settings.statistics / "statistics.json")
    train = read_split(settings.train, statistics=statistics)
    validation = read_split(settings.validation, statistics=statistics)
    test = read_split(settings.test, statistics=statistics)
    if len(statistics.classes) < 2:
        raise DataError("the statistics name fewer than two classes: prepare the data anew")
    network = SgdNetwork(
        classes=statistics.classes,
        learning_rate=settings.learning_rate,
        batch_size=settings.batch_size,
        seed=settings.seed,
    )
    group = HostGroup(
        settings.hosts,
        settings.current_host,
        settings.averaging_port,
        run=os.environ.get("TRAINING_JOB_NAME", ""),
    )
    with group:
        learn(network, settings, group, train=train, validation=validation)
    if group.rank == 0:
        write_outputs(network, settings, statistics=statistics, test=test)


if __name__ == "__main__":
    run(main, report=failure_file())
