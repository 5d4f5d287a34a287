"""The sample table prepared and trained once, and servers as real processes."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.model_code.http_process import ServerProcess
from tests.model_code.sample_table import FEATURES

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def penguins() -> Path:
    """The sample table."""
    return _ROOT / "data" / "penguins.csv"


@pytest.fixture(scope="session")
def prepared(penguins: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample table, prepared."""
    import prepare

    directory = tmp_path_factory.mktemp("prepared")
    arguments = ["--input", str(penguins), "--output", str(directory)]
    prepare.main([*arguments, "--features", ",".join(FEATURES), "--target", "species"])
    return directory


@pytest.fixture(scope="session")
def train_arguments(prepared: Path) -> list[str]:
    """The channels of train.py, without the model directory."""
    channels = ("train", "validation", "test", "statistics")
    return [text for name in channels for text in (f"--{name}", str(prepared / name))]


@pytest.fixture(scope="session")
def trained(train_arguments: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model directory, trained with the defaults; evaluation.json is in `output` beside it."""
    import train

    directory = tmp_path_factory.mktemp("trained")
    outputs = ["--model_dir", str(directory / "model")]
    train.main([*train_arguments, *outputs, "--output_data_dir", str(directory / "output")])
    return directory / "model"


@pytest.fixture(scope="session")
def digest(trained: Path) -> str:
    """The SHA-256 of the trained model."""
    return hashlib.sha256((trained / "model.joblib").read_bytes()).hexdigest()


@pytest.fixture
def serve() -> Iterator[Callable[..., ServerProcess]]:
    """Start serve.py with environment variables; it is stopped after the test."""
    with contextlib.ExitStack() as stack:
        yield lambda **environ: stack.enter_context(ServerProcess(environ))


@pytest.fixture(scope="module")
def server(trained: Path, digest: str) -> Iterator[ServerProcess]:
    """A server of the trained model, shared by the tests of a module."""
    environ = {"MODEL_DIR": str(trained), "MODEL_SHA256": digest, "SERVE_MAX_PAYLOAD_MB": "1"}
    with ServerProcess(environ) as process:
        process.wait_until_ready()
        yield process
