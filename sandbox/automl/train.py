"""Search, fit, measure: ``python -m sandbox.automl.train CONFIG.json``.

The configuration is that of :class:`Task`. Writes ``model.joblib`` and ``result.json`` into its
``output`` directory; ends with code 1 and the reason on standard error for a table that cannot be
learnt from.
"""

import json
import sys
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.pipeline import Pipeline

from sandbox.automl import measures
from sandbox.automl.candidates import classifiers, regressors
from sandbox.automl.settings import OBJECTIVES, REGRESSION
from sandbox.automl.table import (
    Split,
    TableError,
    divide,
    encoder,
    features,
    kinds_of,
    read,
    usable,
)

MOST_FOLDS = 5
PATIENCE = 3
_TWO = 2


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to learn.

    Attributes:
        columns: name to kind (``auto``, ``numeric``, ``categorical``); the target is none of them.
        seconds: no further candidate begins after that.
        early_stopping: nor after several in a row that were no better than the best before.
    """

    files: Sequence[str]
    target: str
    prediction: str
    columns: Mapping[str, str]
    output: str
    objective: str = ""
    split: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 60.0
    early_stopping: bool = True
    seed: int = 0


def main() -> None:
    """Run the task that the only argument names."""
    warnings.simplefilter("ignore")
    task = Task(**json.loads(Path(sys.argv[1]).read_text()))
    try:
        result = search(task)
    except TableError as error:
        sys.exit(str(error))
    Path(task.output, "result.json").write_text(json.dumps(result))


def search(task: Task) -> dict[str, Any]:
    """Cross-validate the candidates, fit the best, measure it on the test rows.

    Raises:
        TableError: the table cannot be learnt from.
    """
    began = time.monotonic()
    table = read(task.files)
    if task.target not in table.columns:
        raise TableError(f"The dataset has no target column {task.target!r}.")
    kinds = kinds_of(table, task.columns)
    rows = usable(table, kinds, task.target)
    print(f"{len(rows)} of {len(table)} rows count; columns: {kinds}", flush=True)
    classes = _classes(rows, task)
    parts = divide(rows, Split(**task.split), task.target, stratify=bool(classes), seed=task.seed)
    data = features(parts.train, kinds)
    truth = _truth(parts.train[task.target], classes)
    name, model, tried = _best(task, data, truth, classes, kinds, began)
    model.fit(data, truth)
    test, measured_on = features(parts.test, kinds), _truth(parts.test[task.target], classes)
    if classes:
        evaluation = measures.of_classifier(measured_on, model.predict_proba(test), classes)
    else:
        evaluation = measures.of_regressor(measured_on, model.predict(test))
    residual = 0.0 if classes else 1.96 * float(np.std(truth - model.predict(data)))
    stored = {"model": model, "kinds": kinds, "classes": classes, "residual": residual}
    joblib.dump(stored, Path(task.output, "model.joblib"))
    return {
        "evaluation": evaluation,
        "chosen": name,
        "tried": tried,
        "rows": len(rows),
        "seconds": time.monotonic() - began,
    }


def _classes(rows: pd.DataFrame, task: Task) -> list[str]:
    if task.prediction == REGRESSION:
        return []
    counts = rows[task.target].value_counts()
    if len(counts) < _TWO:
        raise TableError(f"Target column {task.target!r} must have at least 2 values.")
    rare = counts[counts < _TWO]
    if len(rare):
        raise TableError(f"Value {rare.index[0]!r} of the target is in fewer than 2 rows.")
    return sorted(str(name) for name in counts.index)


def _truth(column: pd.Series, classes: list[str]) -> Any:
    if classes:
        return column.map({name: number for number, name in enumerate(classes)}).to_numpy()
    numbers = pd.to_numeric(column, errors="coerce")
    if numbers.isna().any():
        raise TableError(f"Target column {column.name!r} must have numbers only.")
    return numbers.to_numpy()


def _best(
    task: Task,
    data: pd.DataFrame,
    truth: Any,
    classes: list[str],
    kinds: Mapping[str, str],
    began: float,
) -> tuple[str, Pipeline, dict[str, float]]:
    scoring = _scorer(task, classes)
    makers = classifiers(task.seed) if classes else regressors(task.seed)
    splitter = StratifiedKFold if classes else KFold
    least = int(np.bincount(truth).min()) if classes else len(truth)
    folds = splitter(max(_TWO, min(MOST_FOLDS, least)), shuffle=True, random_state=task.seed)
    tried: dict[str, float] = {}
    for name, make in makers.items():
        if tried and time.monotonic() - began > task.seconds:
            print("the budget is used up", flush=True)
            break
        model = Pipeline([("encode", encoder(kinds)), ("estimate", make())])
        score = float(np.mean(cross_val_score(model, data, truth, cv=folds, scoring=scoring)))
        tried[name] = score
        print(f"{name}: {scoring} {score:.4f}", flush=True)
        if task.early_stopping and len(tried) - 1 - _place_of_best(tried) >= PATIENCE:
            print("no improvement any more", flush=True)
            break
    finite = {name: score for name, score in tried.items() if np.isfinite(score)}
    if not finite:
        raise TableError("No model could be trained: there are too few rows for each class.")
    best = max(finite, key=lambda name: finite[name])
    print(f"chosen: {best}", flush=True)
    return best, Pipeline([("encode", encoder(kinds)), ("estimate", makers[best]())]), tried


def _place_of_best(tried: Mapping[str, float]) -> int:
    scores = [score if np.isfinite(score) else -np.inf for score in tried.values()]
    return int(np.argmax(scores))


def _scorer(task: Task, classes: list[str]) -> str:
    known = OBJECTIVES[task.prediction]
    binary = len(classes) == _TWO
    default = "maximize-au-roc" if binary else next(iter(known))
    objective = task.objective or default
    if classes and not binary and objective != next(iter(known)):
        raise TableError(f"Objective {objective} needs a target of 2 values, not {len(classes)}.")
    return known[objective]


if __name__ == "__main__":
    main()
