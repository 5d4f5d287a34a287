"""Which endpoint configuration serves: the swap that keeps what is live, and its history."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

import pulumi

from components.aws.runs.endpoint_swap import Swap, describe, swap
from components.runs.releases import history
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, ResourceFailedError, State
from plugin.provider import Context

TYPE: Final = "trimaran:aws:EndpointRelease"


@dataclass(frozen=True, kw_only=True)
class EndpointReleaseArgs:
    """What an endpoint should serve, and how carefully it changes over."""

    endpoint_name: pulumi.Input[str]
    """An endpoint that exists."""
    endpoint_config_name: pulumi.Input[str]
    """The endpoint configuration it should serve."""
    release: pulumi.Input[Mapping[str, pulumi.Input[str]]]
    """What is released, for the history: ``model_data_url``, ``model_sha256``, ``image``,
    ``training_job``. Whatever is needed to deploy it once more."""
    region: pulumi.Input[str] | None = None
    """The endpoint's region; the environment's by default."""
    rollback_alarm_names: pulumi.Input[Sequence[pulumi.Input[str]]] = ()
    """CloudWatch alarms that make SageMaker go back to the old configuration. At most 10."""
    baking_seconds: pulumi.Input[int] = 0
    """How long the new fleet takes all traffic, while the alarms are watched, before the old one
    goes. 0 to 3600."""
    keep_history: pulumi.Input[int] = 10
    """How many earlier releases ``history`` keeps."""


class EndpointRelease(RunResource):
    """Has the endpoint serve the given configuration, without losing what is live.

    The provider's ``Endpoint`` cannot keep the autoscaler's instance count over an update, so it
    ignores changes of its configuration name and this resource makes them: blue/green, all
    traffic at once, back by itself when an alarm rings. An instance count that an autoscaler owns
    is never reset; one that only the configuration sets follows the configuration.

    Deleting this resource changes nothing: the endpoint belongs to its own resource.
    """

    endpoint_name: pulumi.Output[str]
    endpoint_config_name: pulumi.Output[str]
    release: pulumi.Output[Mapping[str, str]]
    region: pulumi.Output[str | None]
    rollback_alarm_names: pulumi.Output[Sequence[str]]
    baking_seconds: pulumi.Output[int]
    keep_history: pulumi.Output[int]
    active_config_name: pulumi.Output[str]
    """The configuration that the endpoint serves, as SageMaker says."""
    history: pulumi.Output[Sequence[Mapping[str, str]]]
    """Earlier releases, newest first, the current one not among them; ``history[0]`` is what a
    rollback deploys."""

    def __init__(
        self, name: str, args: EndpointReleaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class EndpointReleaseHandler(Handler):
    """Swaps the endpoint's configuration when it is another one."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"endpointName", "region"})
    computed: ClassVar[frozenset[str]] = frozenset({"activeConfigName", "history"})
    volatile: ClassVar[frozenset[str]] = computed

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        failures = []
        limits = {"bakingSeconds": (0, 3600), "keepHistory": (0, 1000)}
        for name, (least, most) in limits.items():
            value = new.get(name)
            if isinstance(value, int | float) and not least <= value <= most:
                reason = f"must be between {least} and {most}, not {value}"
                failures.append(CheckFailure(property=name, reason=reason))
        return new, failures

    def preview_create(self, inputs: Properties) -> Properties:
        wanted = inputs["endpointConfigName"]
        return {**super().preview_create(inputs), "activeConfigName": wanted, "history": []}

    def preview_update(self, outputs: Properties, new: Properties) -> Properties:
        known = super().preview_update(outputs, new)
        return {**known, "activeConfigName": new["endpointConfigName"]}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        active = swap(context, _swap_of(inputs))
        return str(inputs["endpointName"]), {"activeConfigName": active, "history": []}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        active = swap(context, _swap_of(new))
        return {"activeConfigName": active, "history": history(outputs, new)}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        endpoint = describe(outputs["endpointName"], outputs.get("region"))
        if endpoint is None:
            return None
        active = endpoint["EndpointConfigName"]
        if active == outputs.get("activeConfigName"):
            return State(id=resource_id, outputs=outputs)
        return State(
            id=resource_id,
            outputs={**outputs, "endpointConfigName": active, "activeConfigName": active},
            inputs={**inputs, "endpointConfigName": active},
        )

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        """The endpoint and its configurations belong to their own resources."""


def _swap_of(inputs: Properties) -> Swap:
    if not inputs.get("release"):
        raise ResourceFailedError(
            f"endpoint {inputs['endpointName']}: release says nothing of what is released"
        )
    return Swap(
        endpoint=inputs["endpointName"],
        config=inputs["endpointConfigName"],
        region=inputs.get("region"),
        alarms=tuple(inputs.get("rollbackAlarmNames") or ()),
        baking_seconds=int(inputs.get("bakingSeconds") or 0),
    )
