"""Response bodies: label and class probabilities as JSON, CSV or npy."""

import csv
import io
import json
import os
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from request_bodies import CSV, JSON, NPY, Matrix
from request_errors import NotAcceptable


@dataclass(frozen=True)
class Predictions:
    """`probabilities` has shape (rows, classes) in the order of `classes`; rows sum to 1."""

    classes: tuple[str, ...]
    probabilities: Matrix

    @property
    def labels(self) -> list[str]:
        """The most probable class of each row."""
        return [self.classes[index] for index in self.probabilities.argmax(axis=1)]


def encode(predictions: Predictions, accept: str | None) -> tuple[bytes, str]:
    """The body and its content type, in the format the Accept header prefers.

    Without a preference the format is SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT, else JSON. Raises
    NotAcceptable.
    """
    media_type = _choose(accept)
    return _WRITERS[media_type](predictions), media_type


def _choose(accept: str | None) -> str:
    default = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", JSON)
    if not accept or accept in ("*/*", JSON):
        return JSON if accept == JSON or default not in _WRITERS else default
    preferences = []
    for position, item in enumerate(accept.lower().split(",")):
        name, *parameters = (part.strip() for part in item.split(";"))
        preferences.append((-_quality(parameters), position, name))
    for negative_quality, _, name in sorted(preferences):
        if negative_quality == 0:
            continue
        if name == "*/*":
            return default if default in _WRITERS else JSON
        for media_type in _WRITERS:
            if name in (media_type, media_type.partition("/")[0] + "/*"):
                return media_type
    raise NotAcceptable(f"no format of {accept[:200]!r} is written: accept {', '.join(_WRITERS)}")


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return float(parameter[2:])
            except ValueError:
                return 0.0
    return 1.0


def _write_json(predictions: Predictions) -> bytes:
    answers = [
        {"label": label, "probabilities": dict(zip(predictions.classes, row, strict=True))}
        for label, row in zip(predictions.labels, predictions.probabilities.tolist(), strict=True)
    ]
    return json.dumps({"predictions": answers}, allow_nan=False).encode()


def _write_csv(predictions: Predictions) -> bytes:
    text = io.StringIO(newline="")
    rows = zip(predictions.labels, predictions.probabilities.tolist(), strict=True)
    csv.writer(text, lineterminator="\n").writerows([label, *row] for label, row in rows)
    return text.getvalue().encode()


def _write_npy(predictions: Predictions) -> bytes:
    longest = max(len(name) for name in predictions.classes)
    fields = np.dtype([(name, np.float64) for name in predictions.classes])
    answer = np.empty(
        len(predictions.probabilities),
        dtype=[("label", f"<U{longest}"), ("probabilities", fields)],
    )
    answer["label"] = predictions.labels
    for index, name in enumerate(predictions.classes):
        answer["probabilities"][name] = predictions.probabilities[:, index]
    stream = io.BytesIO()
    with warnings.catch_warnings():
        # Class names outside Latin-1 need npy version 3, which numpy mentions as a warning.
        warnings.simplefilter("ignore", UserWarning)
        np.lib.format.write_array(stream, answer, allow_pickle=False)
    return stream.getvalue()


_WRITERS: Mapping[str, Callable[[Predictions], bytes]] = {
    JSON: _write_json,
    CSV: _write_csv,
    NPY: _write_npy,
}
