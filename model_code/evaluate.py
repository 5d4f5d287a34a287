r"""How good a model is on rows it was not trained on.

    MODEL_SHA256=… python evaluate.py --model model --test prepared/test \
        --statistics prepared/statistics --output evaluation.json

prints the figures train.py writes as evaluation.json, for a stored model. Run from a terminal the
digest is the one training printed.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from column_statistics import read_statistics
from model_artifact import find_model, load_model, trusted_digest
from training_data import read_split
from user_errors import ArgumentParser, run

# The smallest probability that log loss sees: one certain mistake must not make it infinite.
_FLOOR = float(np.finfo(np.float64).eps)


def evaluate(
    labels: npt.NDArray[Any], probabilities: npt.NDArray[np.float64], *, classes: Sequence[str]
) -> dict[str, Any]:
    """Accuracy, macro F1, log loss and confusion matrix.

    `labels`: (rows,) text; `probabilities`: (rows, classes) in the order of `classes`. Rows of
    the confusion matrix are true classes, columns predicted ones. A class without rows and
    predictions counts as F1 0.
    """
    index = {name: position for position, name in enumerate(classes)}
    truth = np.array([index[label] for label in labels.tolist()])
    confusion = np.zeros((len(classes), len(classes)), dtype=np.int64)
    np.add.at(confusion, (truth, probabilities.argmax(axis=1)), 1)
    hits = confusion.diagonal()
    f1 = 2 * hits / np.maximum(confusion.sum(axis=0) + confusion.sum(axis=1), 1)
    certainty = np.clip(probabilities[np.arange(len(truth)), truth], _FLOOR, 1.0)
    return {
        "accuracy": float(hits.sum() / len(truth)),
        "macro_f1": float(f1.mean()),
        "log_loss": float(-np.log(certainty).mean()),
        "classes": list(classes),
        "confusion_matrix": confusion.tolist(),
        "rows": len(truth),
    }


def main(argv: Sequence[str] | None = None) -> None:
    """The command line described at the top."""
    parser = ArgumentParser("Evaluate a stored model on a prepared split.")
    parser.add_argument("--model", type=Path, required=True, help="directory of the model file")
    parser.add_argument("--test", type=Path, required=True, help="directory of a prepared split")
    parser.add_argument("--statistics", type=Path, required=True)
    parser.add_argument("--output", type=Path, help="file to write the figures to")
    arguments = parser.parse_args(argv)
    model = load_model(find_model(arguments.model), digest=trusted_digest())
    statistics = read_statistics(arguments.statistics / "statistics.json")
    rows = read_split(arguments.test, statistics=statistics)
    probabilities = model.probabilities(rows.features)
    text = json.dumps(evaluate(rows.labels, probabilities, classes=model.classes), indent=2)
    print(text)
    if arguments.output:
        arguments.output.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    run(main)
