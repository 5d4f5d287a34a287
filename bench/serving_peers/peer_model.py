"""The model file as each peer uses it: normalise, then scikit-learn's own predict_proba."""

from pathlib import Path
from typing import Any

import joblib
import numpy as np


class PeerModel:
    """What a user of the peer would write around the same estimator."""

    def __init__(self, path: Path) -> None:
        content = joblib.load(path)
        self._estimator = content["estimator"]
        self._mean, self._std = np.array(content["mean"]), np.array(content["std"])
        self._classes = content["classes"]

    def predict(self, rows: Any) -> list[dict[str, Any]]:
        """Label and probabilities of each row."""
        matrix = (np.asarray(rows, dtype=np.float64) - self._mean) / self._std
        probabilities = self._estimator.predict_proba(matrix)
        return [
            {
                "label": self._classes[int(row.argmax())],
                "probabilities": dict(zip(self._classes, row.tolist(), strict=True)),
            }
            for row in probabilities
        ]
