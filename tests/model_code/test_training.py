"""Training: every hyper-parameter counts, results repeat, failures are told."""

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import prepare
import pytest
import train
from model_artifact import load_model
from training_settings import read_settings
from user_errors import DataError


def _digest(model: Path) -> str:
    return hashlib.sha256((model / "model.joblib").read_bytes()).hexdigest()


def _train(channels: list[str], directory: Path, *more: str) -> Path:
    train.main([*channels, "--model_dir", str(directory / "model"), *more])
    return directory / "model"


def _weights(model: Path) -> list[Any]:
    estimator = load_model(model / "model.joblib", digest=_digest(model)).estimator
    return [*estimator.coefs_, *estimator.intercepts_]


def _same(one: Path, other: Path) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(_weights(one), _weights(other), strict=True))


def test_sample_model_is_accurate_on_rows_it_has_not_seen(trained: Path) -> None:
    evaluation = json.loads((trained.parent / "output" / "evaluation.json").read_text())
    assert evaluation["accuracy"] > 0.9
    assert evaluation["macro_f1"] > 0.9
    assert evaluation["rows"] == np.sum(evaluation["confusion_matrix"]) == 51
    hits = np.trace(np.array(evaluation["confusion_matrix"]))
    assert evaluation["accuracy"] == pytest.approx(hits / 51)


def test_stored_model_evaluates_to_the_figures_of_its_training(
    trained: Path,
    digest: str,
    prepared: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import evaluate

    monkeypatch.setenv("MODEL_SHA256", digest)
    places = ["--model", str(trained), "--statistics", str(prepared / "statistics")]
    output = tmp_path / "evaluation.json"
    evaluate.main([*places, "--test", str(prepared / "test"), "--output", str(output)])
    trained_figures = json.loads((trained.parent / "output" / "evaluation.json").read_text())
    figures = json.loads(output.read_text())
    assert figures["confusion_matrix"] == trained_figures["confusion_matrix"]
    assert figures["log_loss"] == pytest.approx(trained_figures["log_loss"])


def test_same_input_gives_the_same_model(
    trained: Path, train_arguments: list[str], tmp_path: Path
) -> None:
    assert _same(trained, _train(train_arguments, tmp_path))


@pytest.mark.parametrize(
    "change",
    [("--learning_rate", "0.04"), ("--batch_size", "64"), ("--epochs", "19"), ("--seed", "7")],
)
def test_every_hyper_parameter_changes_the_model(
    change: tuple[str, str], trained: Path, train_arguments: list[str], tmp_path: Path
) -> None:
    assert not _same(trained, _train(train_arguments, tmp_path, *change))


def test_row_order_and_number_of_files_do_not_change_the_model(
    trained: Path, prepared: Path, train_arguments: list[str], tmp_path: Path
) -> None:
    table = pd.read_parquet(prepared / "train").sample(frac=1, random_state=1)
    for index, part in enumerate((table.iloc[:100], table.iloc[100:])):
        part.to_parquet(tmp_path / f"{'zyx'[index]}.parquet")
    assert _same(trained, _train([*train_arguments, "--train", str(tmp_path)], tmp_path))


def test_each_epoch_prints_what_metric_definitions_look_for(
    train_arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _train(train_arguments, tmp_path, "--epochs", "3")
    lines = capsys.readouterr().out.splitlines()
    number = r"-?\d+\.\d+"
    epoch = re.compile(
        rf"epoch=(\d+) train_loss={number} train_accuracy={number} "
        rf"validation_loss={number} validation_accuracy={number}"
    )
    assert [int(m[1]) for line in lines if (m := epoch.fullmatch(line))] == [1, 2, 3]
    assert sum(bool(re.fullmatch(rf"test_accuracy={number}", line)) for line in lines) == 1


def test_interrupted_training_resumes_to_the_same_model(
    trained: Path,
    train_arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    checkpoints = ("--checkpoint_dir", str(tmp_path / "checkpoints"))
    _train(train_arguments, tmp_path, "--epochs", "8", *checkpoints)
    capsys.readouterr()
    model = _train(train_arguments, tmp_path, *checkpoints)
    output = capsys.readouterr().out
    assert "resuming after epoch 8\n" in output
    assert "epoch=8 " not in output
    assert _same(trained, model)


@pytest.mark.parametrize("damage", ["other settings", "garbage"])
def test_foreign_checkpoint_is_not_used(
    damage: str,
    trained: Path,
    train_arguments: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    directory = tmp_path / "checkpoints"
    checkpoints = ("--checkpoint_dir", str(directory))
    if damage == "garbage":
        directory.mkdir()
        (directory / "checkpoint.npz").write_bytes(b"PK\x03\x04 not a checkpoint")
    else:
        _train(train_arguments, tmp_path, "--seed", "3", *checkpoints)
    assert _same(trained, _train(train_arguments, tmp_path, *checkpoints))
    assert "starts anew" in capsys.readouterr().out


def test_model_directory_has_the_code_that_serves_it(trained: Path) -> None:
    names = {path.name for path in (trained / "code").iterdir()}
    assert {"inference.py", "serve.py", "model_artifact.py"} <= names
    files = [path for path in (trained / "code").rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix != ".py"]


def test_another_table_with_two_classes_trains(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    table = pd.DataFrame({"Größe (cm)": generator.normal(size=80), "b": generator.normal(size=80)})
    table["kind"] = (table["Größe (cm)"] > 0).astype(int)
    table.to_parquet(tmp_path / "table.parquet")
    columns = ["--features", "Größe (cm),b", "--target", "kind"]
    prepare.main(["--input", str(tmp_path / "table.parquet"), "--output", str(tmp_path), *columns])
    channels = ("train", "validation", "test", "statistics")
    arguments = [text for name in channels for text in (f"--{name}", str(tmp_path / name))]
    model = _train(arguments, tmp_path, "--output_data_dir", str(tmp_path / "output"))
    assert json.loads((tmp_path / "output" / "evaluation.json").read_text())["accuracy"] > 0.8
    assert load_model(model / "model.joblib", digest=_digest(model)).classes == ("0", "1")


@pytest.mark.parametrize(
    ("name", "value"),
    [("learning_rate", "0"), ("learning_rate", "nan"), ("batch_size", "1.5"), ("epochs", "-1")],
)
def test_wrong_hyper_parameter_is_named(
    name: str, value: str, train_arguments: list[str], tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=rf"--{name}: '{value}' is not a"):
        _train(train_arguments, tmp_path, f"--{name}={value}")


def test_tuning_services_own_arguments_and_whole_floats_are_accepted(
    train_arguments: list[str], tmp_path: Path
) -> None:
    more = ["--model_dir", str(tmp_path), "--_tuning_objective_metric", "accuracy"]
    settings = read_settings([*train_arguments, *more, "--batch_size", "64.0"])
    assert settings.batch_size == 64


def test_divergence_is_told_with_the_remedy(train_arguments: list[str], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"training diverged in epoch .*learning_rate 1e\+200"):
        _train(train_arguments, tmp_path, "--learning_rate", "1e200")


def test_failure_reaches_sagemakers_failure_file_without_stack_trace(
    prepared: Path, tmp_path: Path
) -> None:
    channels = {
        f"SM_CHANNEL_{name.upper()}": str(prepared / name)
        for name in ("train", "validation", "statistics")
    }
    outcome = subprocess.run(
        [sys.executable, str(Path(train.__file__)), "--epochs", "1"],
        env={**os.environ, **channels, "SM_CHANNEL_TEST": str(tmp_path / "nowhere"),
             "SM_MODEL_DIR": str(tmp_path / "model"), "SM_OUTPUT_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    reason = f"no Parquet file below {tmp_path / 'nowhere'}: run the preparation step first"
    assert outcome.returncode == 1
    assert outcome.stderr == f"error: {reason}\n"
    assert (tmp_path / "failure").read_text() == reason


def test_splits_of_two_preparations_are_not_mixed(
    prepared: Path, train_arguments: list[str], tmp_path: Path
) -> None:
    foreign = pd.read_parquet(prepared / "test").assign(species="Emperor")
    foreign.to_parquet(tmp_path / "part.parquet")
    with pytest.raises(DataError, match="class 'Emperor', which the statistics do not know"):
        _train([*train_arguments, "--test", str(tmp_path)], tmp_path)
