"""The sample model: a small neural network trained by mini-batch gradient descent, epoch by epoch.

To bring another model, replace this module: train.py needs `learn_epoch`, `probabilities`, `state`
and `restore`, serving needs an estimator with `predict_proba`.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.neural_network import MLPClassifier
from training_data import LabelledRows
from user_errors import DataError

Vector = npt.NDArray[np.float64]


class SgdNetwork:
    """An MLPClassifier whose training can be stopped, moved and averaged between epochs."""

    def __init__(
        self, *, classes: Sequence[str], learning_rate: float, batch_size: int, seed: int
    ) -> None:
        self.classes = tuple(classes)
        self._seed = seed
        self._learning_rate = learning_rate
        self.estimator = MLPClassifier(
            hidden_layer_sizes=(16,),
            solver="sgd",
            momentum=0.9,
            learning_rate_init=learning_rate,
            batch_size=batch_size,
            # partial_fit would repeat one and the same order in every epoch; learn_epoch shuffles.
            shuffle=False,
            random_state=seed,
        )

    def learn_epoch(self, rows: LabelledRows, *, epoch: int, rank: int = 0) -> None:
        """Go through all rows once in mini-batches, in an order of this epoch and host.

        Raises DataError when the weights grow beyond all bounds.
        """
        order = np.random.default_rng((self._seed, epoch, rank)).permutation(len(rows))
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                self._partial_fit(rows.take(order))
            diverged = not np.isfinite(self.state()).all()
        except ValueError as error:
            if "non-finite" not in str(error):
                raise
            diverged = True
        if diverged:
            raise DataError(
                f"training diverged in epoch {epoch}: learning_rate {self._learning_rate} is too "
                "high for this data, lower it"
            )

    def _partial_fit(self, rows: LabelledRows) -> None:
        batch_size = self.estimator.batch_size
        # A batch larger than the data is all of it; scikit-learn would warn in every epoch.
        self.estimator.batch_size = min(batch_size, len(rows))
        self.estimator.partial_fit(rows.features, rows.labels, classes=np.array(self.classes))
        self.estimator.batch_size = batch_size

    def probabilities(self, features: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """(rows, classes) for normalised (rows, features)."""
        result: npt.NDArray[np.float64] = self.estimator.predict_proba(features)
        return result

    def prepare(self, rows: LabelledRows) -> None:
        """Create the seeded first weights without learning anything, so that state() has a size.

        scikit-learn creates them in the first step only: that step is made too small to change any.
        """
        self.estimator.learning_rate_init = 1e-300
        self._partial_fit(rows.take(np.arange(1)))
        self.estimator.learning_rate_init = self._learning_rate
        optimizer = self._optimizer()
        optimizer.learning_rate = optimizer.learning_rate_init = self._learning_rate
        optimizer.velocities = [np.zeros_like(velocity) for velocity in optimizer.velocities]

    def _optimizer(self) -> Any:
        # Private, but the only place of the momentum, which a resumed training continues from.
        return self.estimator._optimizer  # noqa: SLF001

    def _arrays(self) -> list[npt.NDArray[np.float64]]:
        return [*self.estimator.coefs_, *self.estimator.intercepts_]

    def state(self) -> Vector:
        """Weights and momentum as one vector: all that the next epoch depends on."""
        velocities: list[Any] = self._optimizer().velocities
        return np.concatenate([array.ravel() for array in (*self._arrays(), *velocities)])

    def restore(self, state: Vector) -> None:
        """Continue from the vector another epoch or host left. Needs `prepare` first."""
        shapes = [array.shape for array in self._arrays()] * 2
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes])
        parts = np.split(state, ends[:-1])
        arrays = [part.reshape(shape).copy() for part, shape in zip(parts, shapes, strict=True)]
        layers = len(self.estimator.coefs_)
        self.estimator.coefs_ = arrays[:layers]
        self.estimator.intercepts_ = arrays[layers : 2 * layers]
        self._optimizer().velocities = arrays[2 * layers :]
