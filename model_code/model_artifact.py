"""The model file: one joblib file that is read only when its SHA-256 is the trusted one.

Reading a joblib file can run any code (it is a pickle), so the digest is checked first, on the very
bytes that are then loaded: a file swapped in between has no effect. The digest must come from
elsewhere than the file (environment MODEL_SHA256, set by the stack); one that lies beside the model
proves nothing.
"""

import hashlib
import hmac
import io
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn
from column_statistics import Statistics
from fast_probabilities import Probabilities, probabilities_of
from user_errors import DataError

FILE_NAME = "model.joblib"
# What Azure ML's tutorials and clients look for; the same bytes under another name.
AZURE_FILE_NAME = "model.pkl"
DIGEST_VARIABLE = "MODEL_SHA256"
_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Model:
    """A loaded model. `mean` and `std` have the order of `features`, in raw units.

    `probabilities` takes normalised rows; its columns have the order of `classes`.
    """

    estimator: Any
    probabilities: Probabilities
    features: tuple[str, ...]
    target: str
    classes: tuple[str, ...]
    mean: "np.ndarray[Any, np.dtype[np.float64]]"
    std: "np.ndarray[Any, np.dtype[np.float64]]"
    libraries: dict[str, str]


def library_versions() -> dict[str, str]:
    """The versions that decide whether a model file can be read again."""
    return {
        "python": platform.python_version(),
        "scikit-learn": sklearn.__version__,
        "numpy": np.__version__,
        "joblib": joblib.__version__,
    }


def save_model(
    path: Path, estimator: object, *, statistics: Statistics, classes: Sequence[str]
) -> str:
    """Write the model file and return its SHA-256 in hexadecimal.

    Only library types go into it, so that reading needs no module of this project.
    """
    content = {
        "format": _FORMAT,
        "estimator": estimator,
        "features": list(statistics.features),
        "target": statistics.target,
        "classes": list(classes),
        "mean": [statistics.mean[name] for name in statistics.features],
        "std": [statistics.std[name] for name in statistics.features],
        "libraries": library_versions(),
    }
    stream = io.BytesIO()
    joblib.dump(content, stream)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(stream.getvalue())
    return hashlib.sha256(stream.getvalue()).hexdigest()


def trusted_digest() -> str:
    """The digest from the environment. Raises DataError when it is missing or none."""
    digest = os.environ.get(DIGEST_VARIABLE, "").strip().lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise DataError(
            f"{DIGEST_VARIABLE} is {'not a SHA-256 in hexadecimal' if digest else 'not set'}: a "
            f"model is loaded only when its digest is known. Set it to the SHA-256 of {FILE_NAME} "
            "as the training reported it."
        )
    return digest


def find_model(directory: Path) -> Path:
    """The model file below a directory, under either name.

    Azure ML puts a registered folder, by its own name, into the directory that it tells. Without
    a file it is the path where one is expected.
    """
    inside = sorted(path for path in directory.glob("*") if path.is_dir() and path.name != "code")
    for place in (directory, *inside):
        for name in (FILE_NAME, AZURE_FILE_NAME):
            if (place / name).is_file():
                return place / name
    return directory / FILE_NAME


def load_model(path: Path, *, digest: str) -> Model:
    """Read the model file if it has this digest.

    Raises DataError when it is absent, has another digest, or was written by other code.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"no model at {path}: {error.strerror}") from None
    actual = hashlib.sha256(content).hexdigest()
    if not hmac.compare_digest(actual, digest):
        raise DataError(
            f"the model at {path} has SHA-256 {actual}, not the trusted {digest}: it was changed "
            f"or replaced and is not loaded. Deploy the model whose digest {DIGEST_VARIABLE} names."
        )
    try:
        loaded = joblib.load(io.BytesIO(content))
    except Exception as error:
        raise DataError(
            f"the model at {path} is the trusted one, but this container cannot read it "
            f"({type(error).__name__}: {error}). It needs library versions close to the training's."
        ) from error
    if not isinstance(loaded, dict) or loaded.get("format") != _FORMAT:
        raise DataError(f"the model at {path} was not written by train.py: bring a model_fn of it")
    return Model(
        estimator=loaded["estimator"],
        probabilities=probabilities_of(loaded["estimator"]),
        features=tuple(loaded["features"]),
        target=loaded["target"],
        classes=tuple(loaded["classes"]),
        mean=np.array(loaded["mean"]),
        std=np.array(loaded["std"]),
        libraries=loaded["libraries"],
    )
