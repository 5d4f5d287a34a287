"""The search for hyper-parameters, in the terms that the clouds share."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Search:
    """The space of hyper-parameters that a tuning job searches."""

    max_trials: int
    parallel_trials: int
    learning_rate: tuple[float, float]
    log_scale: bool
    batch_sizes: Sequence[int]
    epochs: int
    early_stopping: bool
