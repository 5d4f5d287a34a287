"""The model file is read only when it is the trusted one."""

import hashlib
import pickle
from pathlib import Path

import inference
import joblib
import numpy as np
import pytest
from fast_probabilities import probabilities_of
from model_artifact import load_model
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from user_errors import DataError


@pytest.fixture
def never_unpickled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails the test when any pickle is read."""

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("an untrusted file was unpickled")

    monkeypatch.setattr(joblib, "load", refuse)
    monkeypatch.setattr(pickle, "load", refuse)
    monkeypatch.setattr(pickle, "loads", refuse)


@pytest.mark.usefixtures("never_unpickled")
def test_one_flipped_bit_is_refused(trained: Path, digest: str, tmp_path: Path) -> None:
    content = bytearray((trained / "model.joblib").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.joblib").write_bytes(content)
    with pytest.raises(DataError, match=f"not the trusted {digest}: it was changed"):
        load_model(tmp_path / "model.joblib", digest=digest)


@pytest.mark.usefixtures("never_unpickled")
@pytest.mark.parametrize(
    ("value", "message"),
    [(None, "is not set"), ("", "is not set"), ("abc", "not a SHA-256"), ("0" * 64, "it was chan")],
)
def test_missing_or_wrong_digest_is_refused(
    value: "str | None", message: str, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODEL_SHA256", raising=False)
    if value is not None:
        monkeypatch.setenv("MODEL_SHA256", value)
    with pytest.raises(DataError, match=message):
        inference.model_fn(str(trained))


def test_file_is_read_once_so_that_it_cannot_change_after_the_check(
    trained: Path, digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[Path] = []
    read = Path.read_bytes

    def counting(path: Path) -> bytes:
        reads.append(path)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", counting)
    monkeypatch.setattr("builtins.open", lambda *_: pytest.fail("the file was opened again"))
    assert load_model(trained / "model.joblib", digest=digest).features
    assert reads == [trained / "model.joblib"]


def test_trusted_file_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(["something"], path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(DataError, match=r"was not written by train.py"):
        load_model(path, digest=digest)
    path.write_bytes(b"no pickle")
    with pytest.raises(DataError, match="cannot read it"):
        load_model(path, digest=hashlib.sha256(b"no pickle").hexdigest())


def test_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"no model at {tmp_path}"):
        load_model(tmp_path / "model.joblib", digest="0" * 64)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_fast_probabilities_are_those_of_the_estimator(classes: int, activation: str) -> None:
    generator = np.random.default_rng(classes)
    rows = generator.normal(size=(200, 3))
    labels = generator.integers(classes, size=200)
    network = MLPClassifier((5, 4), activation=activation, max_iter=20, random_state=0)
    network.fit(rows, labels)
    wild = np.concatenate([rows, rows * 1e4])
    assert np.allclose(probabilities_of(network)(wild), network.predict_proba(wild), atol=1e-14)


def test_other_estimators_give_their_own_probabilities() -> None:
    rows = np.random.default_rng(0).normal(size=(50, 2))
    model = LogisticRegression().fit(rows, rows[:, 0] > 0)
    assert np.array_equal(probabilities_of(model)(rows), model.predict_proba(rows))
