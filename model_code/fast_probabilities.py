"""Probabilities of already validated rows, without scikit-learn's own checks.

For one row those checks take several times as long as the prediction. Computed here from the
network's public weights, with the arithmetic of MLPClassifier.predict_proba; any other estimator is
asked itself.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from request_bodies import Matrix
from scipy.special import expit

Probabilities = Callable[[Matrix], Matrix]


def probabilities_of(estimator: Any) -> Probabilities:
    """A function from normalised rows (rows, features) to probabilities (rows, classes)."""
    kind = type(estimator)
    network = kind.__name__ == "MLPClassifier" and kind.__module__.startswith("sklearn.")
    if not network or estimator.activation != "relu":
        return cast("Probabilities", estimator.predict_proba)
    layers = list(zip(estimator.coefs_, estimator.intercepts_, strict=True))
    binary = estimator.out_activation_ == "logistic"

    def probabilities(rows: Matrix) -> Matrix:
        values = rows
        for weights, intercepts in layers[:-1]:
            values = np.maximum(values @ weights + intercepts, 0.0)
        weights, intercepts = layers[-1]
        scores: Matrix = values @ weights + intercepts
        if binary:
            second = expit(scores[:, 0])
            return np.column_stack([1.0 - second, second])
        exponentials: Matrix = np.exp(scores - scores.max(axis=1, keepdims=True))
        exponentials /= exponentials.sum(axis=1, keepdims=True)
        return exponentials

    return probabilities
