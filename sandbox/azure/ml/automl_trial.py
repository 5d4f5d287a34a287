"""One trial of AutoML: ``python -m sandbox.azure.ml.automl_trial CONFIG.json``.

Fits one of the candidates that every cloud of the sandbox tries and measures it: on the validation
table, else by cross-validation. Writes ``model.pkl`` and ``metrics.json`` into its ``output``; with
``package`` it makes the MLflow model of what is there already.
"""

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    f1_score,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
)
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import label_binarize

from sandbox.automl.candidates import classifiers
from sandbox.automl.table import encoder, features, kinds_of
from sandbox.azure.ml.mltable import TableError, read

MOST_FOLDS = 5


def main() -> None:
    """Run the trial that the only argument names."""
    warnings.simplefilter("ignore")
    config = json.loads(Path(sys.argv[1]).read_text())
    try:
        package(config) if config.get("package") else trial(config)
    except TableError as error:
        sys.exit(str(error))


def trial(config: dict[str, Any]) -> None:
    """Fit and measure.

    Raises:
        TableError: the table cannot be learnt from.
    """
    target = str(config["target"])
    rows = _texts(read(Path(config["training"])), target)
    kinds = kinds_of(rows, {name: "auto" for name in rows.columns if name != target})
    data, truth = features(rows, kinds), rows[target].to_numpy()
    classes, counts = np.unique(truth, return_counts=True)
    if len(classes) < 2 or counts.min() < 2:
        raise TableError(f"Column {target!r} needs two classes, each in at least two rows.")
    make = classifiers(0)[config["candidate"]]
    model = Pipeline([("encode", encoder(kinds)), ("estimate", make())])
    if config.get("validation"):
        held = _texts(read(Path(config["validation"])), target)
        model.fit(data, truth)
        chances, measured_on = model.predict_proba(features(held, kinds)), held[target].to_numpy()
    else:
        wanted = int(config.get("folds") or MOST_FOLDS)
        splitter = StratifiedKFold(min(wanted, int(counts.min())), shuffle=True, random_state=0)
        chances = cross_val_predict(model, data, truth, cv=splitter, method="predict_proba")
        measured_on = truth
        model.fit(data, truth)
    output = Path(config["output"])
    output.mkdir(parents=True, exist_ok=True)
    metrics = measure(measured_on, chances, classes)
    print(f"{config['candidate']}: {metrics}", flush=True)
    joblib.dump(model, output / "model.pkl")
    (output / "kinds.json").write_text(json.dumps(kinds))
    (output / "metrics.json").write_text(json.dumps(metrics))


def _texts(table: pd.DataFrame, target: str) -> pd.DataFrame:
    """All cells as text, what is missing as an empty one; rows without a target are left out."""
    if target not in table.columns:
        raise TableError(f"The table has no column {target!r}.")
    texts = table.astype(object).where(table.notna(), "").astype(str)
    return texts[texts[target] != ""]


def measure(truth: Any, chances: Any, classes: Any) -> dict[str, float]:
    """Azure ML's names of metrics; averages are weighted by the classes' rows."""
    said = classes[chances.argmax(axis=1)]
    hot = label_binarize(truth, classes=classes)
    if len(classes) == 2:
        hot = np.hstack([1 - hot, hot])
    weights = hot.sum(axis=0)
    there = weights > 0
    recall = float(recall_score(truth, said, average="macro", zero_division=0))
    floor = 1 / len(classes)

    def weighted(score: Any) -> float:
        values = [score(hot[:, i], chances[:, i]) for i in np.flatnonzero(there)]
        return float(np.average(values, weights=weights[there]))

    return {
        "accuracy": float(accuracy_score(truth, said)),
        "AUC_weighted": weighted(roc_auc_score),
        "average_precision_score_weighted": weighted(average_precision_score),
        "f1_score_weighted": float(f1_score(truth, said, average="weighted")),
        "log_loss": float(log_loss(truth, chances, labels=classes)),
        "norm_macro_recall": (recall - floor) / (1 - floor),
        "precision_score_weighted": float(
            precision_score(truth, said, average="weighted", zero_division=0)
        ),
    }


def package(config: dict[str, Any]) -> None:
    """``mlflow-model/`` beside the model."""
    import mlflow.sklearn

    output = Path(config["output"])
    mlflow.sklearn.save_model(
        joblib.load(output / "model.pkl"),
        str(output / "mlflow-model"),
        serialization_format=mlflow.sklearn.SERIALIZATION_FORMAT_CLOUDPICKLE,
        pip_requirements=[],
    )


if __name__ == "__main__":
    main()
