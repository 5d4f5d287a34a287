"""The search space of a sweep job: checked, and asked of optuna for a trial's parameters.

``["choice", [[16, 32]]]``, ``["uniform", [0, 1]]``, ``["loguniform", [-7, -2]]`` (bounds are
logarithms) and so on, as Azure ML's REST API has them.
https://learn.microsoft.com/azure/machine-learning/how-to-tune-hyperparameters
"""

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from sandbox.errors import JobError

if TYPE_CHECKING:
    import optuna

# How many numbers each takes.
_NUMBERS: Final = {
    "uniform": 2,
    "quniform": 3,
    "loguniform": 2,
    "qloguniform": 3,
    "normal": 2,
    "qnormal": 3,
    "lognormal": 2,
    "qlognormal": 3,
    "randint": 1,
}
# What Bayesian sampling takes: https://learn.microsoft.com/azure/machine-learning/
# how-to-tune-hyperparameters#bayesian-sampling
_BAYESIAN: Final = frozenset({"choice", "uniform", "quniform"})
_QUANTILES: Final = 1e-6


def parts(name: str, expression: Any) -> tuple[str, list[Any]]:
    """Kind and arguments; of a choice the values.

    Raises:
        JobError: it is no expression of a search space.
    """
    if not (isinstance(expression, list) and len(expression) == 2):
        raise JobError(f'searchSpace.{name} must be like ["uniform", [0.001, 0.1]]')
    kind, arguments = str(expression[0]), expression[1]
    if not isinstance(arguments, list):
        raise JobError(f"searchSpace.{name}: the arguments of {kind} must be a list")
    if kind == "choice":
        inner = len(arguments) == 1 and isinstance(arguments[0], list)
        values = arguments[0] if inner else arguments
        if not values:
            raise JobError(f"searchSpace.{name} has no values")
        return kind, list(values)
    if kind not in _NUMBERS:
        raise JobError(f"searchSpace.{name}: {kind!r} is none of choice, {', '.join(_NUMBERS)}")
    try:
        numbers = [float(value) for value in arguments]
    except (TypeError, ValueError):
        numbers = []
    if len(numbers) != _NUMBERS[kind]:
        raise JobError(f"searchSpace.{name}: {kind} takes {_NUMBERS[kind]} numbers")
    if "uniform" in kind and numbers[0] >= numbers[1]:
        raise JobError(f"searchSpace.{name}: the first bound must be below the second")
    return kind, numbers


def check(space: Mapping[str, Any], sampling: str) -> None:
    """Refuse a space that the service refuses for this kind of sampling.

    Raises:
        JobError: names the parameter.
    """
    if not space:
        raise JobError("searchSpace is required")
    for name, expression in space.items():
        kind, _ = parts(name, expression)
        if sampling == "Grid" and kind != "choice":
            raise JobError(f"searchSpace.{name}: grid sampling takes choice only, not {kind}")
        if sampling == "Bayesian" and kind not in _BAYESIAN:
            allowed = ", ".join(sorted(_BAYESIAN))
            raise JobError(f"searchSpace.{name}: Bayesian sampling takes {allowed}, not {kind}")


class SearchSpace:
    """The optimiser of one sweep. One thread asks and tells."""

    def __init__(
        self, space: Mapping[str, Any], *, algorithm: Mapping[str, Any], goal: str, trials: int
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._space = {name: parts(name, expression) for name, expression in space.items()}
        sampling = algorithm.get("samplingAlgorithmType", "Random")
        seed = algorithm.get("seed")
        sampler: optuna.samplers.BaseSampler = optuna.samplers.RandomSampler(seed=seed)
        if sampling == "Bayesian":
            # Trials that run at the same time must not all look at the same spot.
            first = max(2, min(10, trials // 3))
            sampler = optuna.samplers.TPESampler(
                n_startup_trials=first, constant_liar=True, seed=seed
            )
        elif algorithm.get("rule") == "Sobol":
            sampler = optuna.samplers.QMCSampler(qmc_type="sobol", seed=seed)
        self._study = optuna.create_study(
            direction="maximize" if goal == "Maximize" else "minimize", sampler=sampler
        )
        choices = [values for _, values in self._space.values()]
        self._grid = itertools.product(*choices) if sampling == "Grid" else None
        self.size = math.prod(len(values) for values in choices) if sampling == "Grid" else None

    def ask(self) -> tuple["optuna.trial.Trial", dict[str, Any]]:
        """The next trial and its parameters."""
        trial = self._study.ask()
        if self._grid is not None:
            return trial, dict(zip(self._space, next(self._grid), strict=True))
        return trial, {
            name: _suggest(trial, name, kind, arguments)
            for name, (kind, arguments) in self._space.items()
        }

    def tell(self, trial: "optuna.trial.Trial", value: float | None) -> None:
        """A trial's metric; ``None`` when it failed."""
        from optuna.trial import TrialState

        if value is None:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, value)


def _suggest(trial: "optuna.trial.Trial", name: str, kind: str, arguments: list[Any]) -> Any:
    if kind == "choice":
        # By position: values may be of any type.
        return arguments[trial.suggest_int(name, 0, len(arguments) - 1)]
    if kind == "randint":
        return trial.suggest_int(name, 0, int(arguments[0]) - 1)
    first, second = arguments[0], arguments[1]
    if kind.endswith("uniform"):
        value = trial.suggest_float(name, first, second)
    else:
        from scipy.stats import norm

        share = trial.suggest_float(name, _QUANTILES, 1 - _QUANTILES)
        value = float(norm.ppf(share, first, second))
    if "log" in kind:
        value = math.exp(value)
    if kind.startswith("q"):
        value = round(value / arguments[2]) * arguments[2]
    return value
