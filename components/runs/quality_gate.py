"""The gate between evaluation and deployment."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

import pulumi

from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError
from plugin.values import contains_unknown

if TYPE_CHECKING:
    from plugin.provider import Context

TYPE: Final = "trimaran:index:QualityGate"


@dataclass(frozen=True, kw_only=True)
class QualityGateArgs:
    """What is measured, and what is required of it."""

    metrics: pulumi.Input[Mapping[str, pulumi.Input[float]]]
    """Measured values by metric name, e.g. the evaluation on the held-out split."""
    minimums: pulumi.Input[Mapping[str, pulumi.Input[float]]]
    """The least accepted value by metric name; reaching it exactly passes. May be empty."""
    subject: pulumi.Input[str]
    """What is judged, as users know it: the training job or the model's address."""
    remedy: pulumi.Input[str]
    """What the user may change, e.g. the configuration key that holds the minimum."""


class QualityGate(RunResource):
    """Fails the update when a metric is below its minimum; what must wait depends on it.

    Nothing is created and nothing is deleted: a missed gate leaves the endpoint with the model it
    serves, and the rejected run's artefacts where they are. It does not judge whether the metrics
    are honest; they come from the job that held the test split back.
    """

    metrics: pulumi.Output[Mapping[str, float]]
    minimums: pulumi.Output[Mapping[str, float]]
    subject: pulumi.Output[str]
    remedy: pulumi.Output[str]
    passed: pulumi.Output[Mapping[str, float]]
    """The values that passed, by the metric names of ``minimums``."""

    def __init__(
        self, name: str, args: QualityGateArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


def accuracy_gate(
    name: str,
    *,
    evaluation: pulumi.Input[Mapping[str, pulumi.Input[float]]],
    minimum: float,
    job_name: pulumi.Input[str],
    setting: str,
    parent: pulumi.Resource,
) -> QualityGate:
    """The gate of a trained model: its accuracy on the test split, in every cloud alike.

    ``setting`` names the key of the stack's settings that holds the minimum.
    """
    return QualityGate(
        f"{name}-accuracy",
        QualityGateArgs(
            metrics=evaluation,
            minimums={"accuracy": minimum},
            subject=job_name,
            remedy=f"improve the model or lower {setting}",
        ),
        pulumi.ResourceOptions(parent=parent),
    )


class QualityGateHandler(Handler):
    """Judges whenever an input changed."""

    token: ClassVar[str] = TYPE
    computed: ClassVar[frozenset[str]] = frozenset({"passed"})
    volatile: ClassVar[frozenset[str]] = computed

    def check(
        self, context: "Context", old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        minimums = new.get("minimums") or {}
        if contains_unknown(minimums):
            return new, []
        failures = [
            CheckFailure(property=f"minimums.{name}", reason=f"must be a number, not {value!r}")
            for name, value in minimums.items()
            if not _is_number(value)
        ]
        return new, failures

    def create(self, context: "Context", inputs: Properties) -> tuple[str, Properties]:
        return context.name or str(inputs["subject"]), {"passed": judge(inputs)}

    def update(
        self, context: "Context", resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        return {"passed": judge(new)}

    def delete(self, context: "Context", resource_id: str, outputs: Properties) -> None:
        """Nothing was created."""


def judge(inputs: Properties) -> dict[str, float]:
    """The metrics that have a minimum, all of which they reach.

    Raises:
        ResourceFailedError: naming every metric that is missing or too low.
    """
    metrics: Mapping[str, Any] = inputs.get("metrics") or {}
    minimums: Mapping[str, float] = inputs.get("minimums") or {}
    misses = []
    for name, minimum in sorted(minimums.items()):
        value = metrics.get(name)
        if value is None:
            known = ", ".join(sorted(metrics)) or "none at all"
            misses.append(f"there is no metric {name!r} (there are: {known})")
        elif not _is_number(value):
            misses.append(f"{name} is {value!r}, which is no number")
        elif not value >= minimum:  # written so that NaN misses
            misses.append(f"{name} is {value:.6g}, required is at least {minimum:.6g}")
    if misses:
        raise ResourceFailedError(
            f"{inputs['subject']} is not good enough to be deployed: {'; '.join(misses)}. "
            "No endpoint was changed: one that exists keeps serving the previous model. "
            f"{inputs['remedy']}"
        )
    return {name: metrics[name] for name in minimums}


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
