"""What a model is worth on the test rows, under the names of Vertex AI's evaluations."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    log_loss,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_log_error,
    r2_score,
    roc_auc_score,
)
from sklearn.preprocessing import label_binarize

_THRESHOLDS = tuple(step / 10 for step in range(10))


def of_classifier(truth: Any, scores: Any, classes: Sequence[str]) -> dict[str, Any]:
    """``ClassificationEvaluationMetrics``; ``truth`` counts the classes from 0.

    Areas under curves are micro averages over the classes.
    """
    numbers = list(range(len(classes)))
    hot = label_binarize(truth, classes=numbers)
    if len(classes) == 2:
        hot = np.hstack([1 - hot, hot])
    chosen = scores.argmax(axis=1)
    matrix = confusion_matrix(truth, chosen, labels=numbers)
    return {
        "auPrc": float(average_precision_score(hot, scores, average="micro")),
        "auRoc": float(roc_auc_score(hot, scores, average="micro")),
        "logLoss": float(log_loss(truth, scores, labels=numbers)),
        "confusionMatrix": {
            "annotationSpecs": [
                {"id": str(number), "displayName": name} for number, name in enumerate(classes)
            ],
            "rows": matrix.tolist(),
        },
        "confidenceMetrics": [_at(threshold, hot, scores) for threshold in _THRESHOLDS],
    }


def _at(threshold: float, hot: Any, scores: Any) -> dict[str, float]:
    said = scores >= threshold
    right = float((said & (hot == 1)).sum())
    precision = right / max(float(said.sum()), 1.0)
    recall = right / max(float(hot.sum()), 1.0)
    both = precision + recall
    return {
        "confidenceThreshold": threshold,
        "precision": precision,
        "recall": recall,
        "f1Score": 2 * precision * recall / both if both else 0.0,
    }


def of_regressor(truth: Any, values: Any) -> dict[str, Any]:
    """``RegressionEvaluationMetrics``."""
    measured = {
        "rootMeanSquaredError": float(np.sqrt(mean_squared_error(truth, values))),
        "meanAbsoluteError": float(mean_absolute_error(truth, values)),
        "meanAbsolutePercentageError": 100 * float(mean_absolute_percentage_error(truth, values)),
        "rSquared": float(r2_score(truth, values)),
    }
    if (np.asarray(truth) >= 0).all() and (np.asarray(values) >= 0).all():
        measured["rootMeanSquaredLogError"] = float(np.sqrt(mean_squared_log_error(truth, values)))
    return measured
