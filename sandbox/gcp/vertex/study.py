"""A StudySpec: checked, and asked of optuna for the next trial's parameters."""

import itertools
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.gcp.errors import invalid
from sandbox.store import Record

if TYPE_CHECKING:
    import optuna

_KINDS = {
    "doubleValueSpec": "DOUBLE",
    "integerValueSpec": "INTEGER",
    "categoricalValueSpec": "CATEGORICAL",
    "discreteValueSpec": "DISCRETE",
}


def _kind(parameter: Record) -> str:
    kinds = [kind for kind in _KINDS if kind in parameter]
    if len(kinds) != 1:
        raise invalid(
            f"Parameter {parameter.get('parameterId')!r} needs exactly one kind of values."
        )
    return kinds[0]


def _check_parameter(parameter: Record, seen: set[str], *, grid: bool) -> None:
    name = str(parameter.get("parameterId", ""))
    if not name or name in seen:
        raise invalid(f"parameter_id {name!r} is empty or used twice.")
    seen.add(name)
    kind = _kind(parameter)
    value, scale = parameter[kind], parameter.get("scaleType", "UNIT_LINEAR_SCALE")
    if kind in ("doubleValueSpec", "integerValueSpec"):
        low, high = float(value.get("minValue", 0)), float(value.get("maxValue", 0))
        if not (low < high or (kind == "integerValueSpec" and low == high)):
            raise invalid(f"Parameter {name!r}: min_value must be less than max_value.")
        if scale != "UNIT_LINEAR_SCALE" and low <= 0:
            raise invalid(f"Parameter {name!r}: a logarithmic scale needs a positive min_value.")
        if grid and kind == "doubleValueSpec":
            raise invalid(f"Parameter {name!r}: GRID_SEARCH does not work with DOUBLE parameters.")
    elif not value.get("values"):
        raise invalid(f"Parameter {name!r} has no values.")
    elif kind == "discreteValueSpec" and list(value["values"]) != sorted(set(value["values"])):
        raise invalid(f"Parameter {name!r}: values must be in increasing order.")
    for conditional in parameter.get("conditionalParameterSpecs", []):
        _check_parameter(conditional.get("parameterSpec", {}), seen, grid=grid)


def check(spec: Record) -> None:
    """Refuse a study the API refuses.

    Raises:
        ApiError: names the parameter or metric.
    """
    metrics = spec.get("metrics", [])
    if not metrics:
        raise invalid("study_spec.metrics is required but missing.")
    for metric in metrics:
        if not metric.get("metricId"):
            raise invalid("metric_id is required but missing.")
        if metric.get("goal") not in ("MAXIMIZE", "MINIMIZE"):
            raise invalid(f"Metric {metric['metricId']!r} needs a goal of MAXIMIZE or MINIMIZE.")
    if not spec.get("parameters"):
        raise invalid("study_spec.parameters is required but missing.")
    seen: set[str] = set()
    for parameter in spec["parameters"]:
        _check_parameter(parameter, seen, grid=spec.get("algorithm") == "GRID_SEARCH")


class Study:
    """The optimiser of one tuning job. One thread asks and tells."""

    def __init__(self, spec: Record, trials: int) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._spec = spec
        self.metrics = [metric["metricId"] for metric in spec["metrics"]]
        directions = [metric["goal"].lower() for metric in spec["metrics"]]
        sampler: optuna.samplers.BaseSampler
        match spec.get("algorithm"):
            case "RANDOM_SEARCH" | "GRID_SEARCH":
                sampler = optuna.samplers.RandomSampler()
            case _:
                # Trials that run at the same time must not all look at the same spot.
                first = max(2, min(10, trials // 3))
                sampler = optuna.samplers.TPESampler(n_startup_trials=first, constant_liar=True)
        self._study = optuna.create_study(
            directions=directions, sampler=sampler, pruner=self._pruner()
        )
        self._grid = self._combinations() if spec.get("algorithm") == "GRID_SEARCH" else None

    def _pruner(self) -> "optuna.pruners.BasePruner":
        import optuna

        if len(self._spec["metrics"]) > 1:
            return optuna.pruners.NopPruner()
        if "medianAutomatedStoppingSpec" in self._spec:
            return optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=1)
        if {"decayCurveStoppingSpec", "convexAutomatedStoppingSpec"} & set(self._spec):
            # The cloud predicts the end of the curve; here: no step forward for some steps.
            return optuna.pruners.PercentilePruner(25.0, n_startup_trials=2, n_warmup_steps=1)
        return optuna.pruners.NopPruner()

    @property
    def stops_early(self) -> bool:
        """Whether intermediate values can end a trial."""
        return type(self._study.pruner).__name__ != "NopPruner"

    def _combinations(self) -> "itertools.product[tuple[Any, ...]]":
        return itertools.product(*(_values(item) for item in self._spec["parameters"]))

    @property
    def size(self) -> int | None:
        """How many trials there can be at most, for a grid."""
        if self._grid is None:
            return None
        return math.prod(len(_values(item)) for item in self._spec["parameters"])

    def ask(self) -> tuple["optuna.trial.Trial", dict[str, Any]]:
        """The next trial and its parameters by id."""
        trial = self._study.ask()
        if self._grid is not None:
            names = [item["parameterId"] for item in self._spec["parameters"]]
            chosen = next(self._grid)
            trial.set_user_attr("grid", [str(value) for value in chosen])
            return trial, dict(zip(names, chosen, strict=True))
        values: dict[str, Any] = {}
        for parameter in self._spec["parameters"]:
            _suggest(trial, parameter, values)
        return trial, values

    def tell(self, trial: "optuna.trial.Trial", values: Mapping[str, float] | None) -> None:
        """A trial's final metrics; ``None`` when it failed."""
        from optuna.trial import TrialState

        if values is None:
            self._study.tell(trial, state=TrialState.FAIL)
        else:
            self._study.tell(trial, [values[name] for name in self.metrics])

    def has_no_prospects(self, trial: "optuna.trial.Trial", steps: list[tuple[int, float]]) -> bool:
        """Whether a trial's intermediate values say that it is not worth going on."""
        reported = trial.user_attrs.get("reported", 0)
        for position, (_, value) in enumerate(steps[reported:], reported + 1):
            trial.report(value, position)
        trial.set_user_attr("reported", len(steps))
        return bool(trial.should_prune())


def _values(parameter: Record) -> list[Any]:
    kind = _kind(parameter)
    value = parameter[kind]
    if kind == "integerValueSpec":
        return list(range(int(value["minValue"]), int(value["maxValue"]) + 1))
    return [_number(item) if kind == "discreteValueSpec" else item for item in value["values"]]


def _number(value: float) -> float | int:
    """32 rather than 32.0, so that a script can read it as a whole number."""
    return int(value) if float(value).is_integer() else float(value)


def _suggest(trial: "optuna.trial.Trial", parameter: Record, values: dict[str, Any]) -> None:
    name, kind = parameter["parameterId"], _kind(parameter)
    value, scale = parameter[kind], parameter.get("scaleType", "UNIT_LINEAR_SCALE")
    if kind == "categoricalValueSpec":
        values[name] = trial.suggest_categorical(name, value["values"])
    elif kind == "discreteValueSpec":
        # By position, so that the sampler knows which values are neighbours.
        choices = value["values"]
        values[name] = _number(choices[trial.suggest_int(name, 0, len(choices) - 1)])
    elif kind == "integerValueSpec":
        low, high = int(value["minValue"]), int(value["maxValue"])
        log = scale == "UNIT_LOG_SCALE"
        values[name] = trial.suggest_int(name, low, high, log=log)
    else:
        values[name] = _double(
            trial, name, scale, float(value["minValue"]), float(value["maxValue"])
        )
    for conditional in parameter.get("conditionalParameterSpecs", []):
        if values[name] in _parents(conditional):
            _suggest(trial, conditional["parameterSpec"], values)


def _double(trial: "optuna.trial.Trial", name: str, scale: str, low: float, high: float) -> float:
    if scale == "UNIT_REVERSE_LOG_SCALE":
        return low + high - trial.suggest_float(name, low, high, log=True)
    return trial.suggest_float(name, low, high, log=scale == "UNIT_LOG_SCALE")


def _parents(conditional: Record) -> list[Any]:
    """Values of the parent for which a conditional parameter exists."""
    for field in ("parentCategoricalValues", "parentDiscreteValues", "parentIntValues"):
        if field in conditional:
            found = conditional[field].get("values", [])
            return (
                [_number(float(v)) for v in found] if field != "parentCategoricalValues" else found
            )
    return []
