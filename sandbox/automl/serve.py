"""The server of a found model under the ``AIP_*`` contract: ``python -m sandbox.automl.serve``.

An instance is an object of column to value (text or number); the answer is AutoML tabular's:
``{"classes": […], "scores": […]}``, or ``{"value", "lower_bound", "upper_bound"}``.
"""

import json
import os
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from sandbox.automl.settings import NUMERIC
from sandbox.automl.table import features

_stored: dict[str, Any] = {}


class InstanceError(Exception):
    """A request that cannot be answered; the text says why."""


def predictions(stored: dict[str, Any], instances: Any) -> list[dict[str, Any]]:
    """One answer for each instance.

    Raises:
        InstanceError: an instance is no object, or has text where a number belongs.
    """
    if not isinstance(instances, list) or not instances:
        raise InstanceError("instances must be a list that is not empty")
    kinds = stored["kinds"]
    rows = [_row(number, instance, kinds) for number, instance in enumerate(instances)]
    data = features(pd.DataFrame(rows, columns=list(kinds)), kinds)
    model, classes = stored["model"], stored["classes"]
    if classes:
        return [
            {"classes": classes, "scores": [float(score) for score in row]}
            for row in model.predict_proba(data)
        ]
    margin = stored["residual"]
    return [
        {"value": value, "lower_bound": value - margin, "upper_bound": value + margin}
        for value in (float(found) for found in model.predict(data))
    ]


def _row(number: int, instance: Any, kinds: dict[str, str]) -> dict[str, str]:
    if not isinstance(instance, dict):
        raise InstanceError(f"instance {number} must be an object of column to value")
    row = {}
    for name, kind in kinds.items():
        value = instance.get(name)
        row[name] = "" if value is None else str(value)
        if kind == NUMERIC and row[name]:
            try:
                float(row[name])
            except ValueError:
                raise InstanceError(
                    f"column {name!r} of instance {number} is not a number: {value!r}"
                ) from None
    return row


class Handler(BaseHTTPRequestHandler):
    """Health and predict route."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The model is loaded before the port opens."""
        self._answer(200 if self.path == os.environ["AIP_HEALTH_ROUTE"] else 404, {})

    def do_POST(self) -> None:
        """Predict."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != os.environ["AIP_PREDICT_ROUTE"]:
            self._answer(404, {"error": f"no such path: {self.path}"})
            return
        try:
            given = json.loads(body)
            instances = given.get("instances") if isinstance(given, dict) else None
            self._answer(200, {"predictions": predictions(_stored, instances)})
        except (InstanceError, ValueError) as error:
            self._answer(400, {"error": str(error)})

    def log_message(self, *_: object) -> None:
        """Requests are counted by whoever forwards them."""

    def _answer(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def main() -> None:
    """Load the model of ``MODEL_DIR`` and serve it on ``AIP_HTTP_PORT``."""
    warnings.simplefilter("ignore")
    _stored.update(joblib.load(Path(os.environ["MODEL_DIR"], "model.joblib")))
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["AIP_HTTP_PORT"])), Handler).serve_forever()


if __name__ == "__main__":
    main()
