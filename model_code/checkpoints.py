"""Checkpoints: what an interrupted (spot) training continues from.

Stored as plain arrays, never as a pickle: a checkpoint comes back from a bucket.
"""

import io
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

_FILE_NAME = "checkpoint.npz"


def save_checkpoint(
    directory: Path, *, epoch: int, state: npt.NDArray[np.float64], run: str
) -> None:
    """Replace the checkpoint in one step: an interruption leaves the old or the new one whole."""
    directory.mkdir(parents=True, exist_ok=True)
    # SageMaker uploads the directory all the time; a dot file is not mistaken for a checkpoint.
    part = directory / f".{_FILE_NAME}.part"
    with part.open("wb") as file:
        np.savez(file, epoch=np.int64(epoch), state=state, run=np.array(run))
    part.replace(directory / _FILE_NAME)


def load_checkpoint(
    directory: Path, *, size: int, run: str, epochs: int
) -> tuple[int, npt.NDArray[np.float64]] | None:
    """The last finished epoch and the state after it.

    None when there is no checkpoint, or when it belongs to other data, settings or a longer run:
    `run` names all that the state depends on.
    """
    try:
        content = io.BytesIO((directory / _FILE_NAME).read_bytes())
        with np.load(content, allow_pickle=False) as stored:
            epoch, state, owner = int(stored["epoch"]), stored["state"], str(stored["run"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        print(f"checkpoint in {directory} cannot be read ({error}); training starts anew")
        return None
    fits = state.dtype == np.float64 and state.shape == (size,) and np.isfinite(state).all()
    if owner != run or not fits or not 0 < epoch <= epochs:
        print(f"checkpoint in {directory} belongs to another training; this one starts anew")
        return None
    return epoch, state
