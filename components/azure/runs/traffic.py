"""Which deployment an online endpoint asks: the shift of its traffic, and its history."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.azure.runs.shift import Shift, describe, served_by, shift, withdraw
from components.runs.releases import history
from components.runs.resource import RunResource
from plugin.handler import (
    CheckFailure,
    Handler,
    InitializationFailedError,
    Properties,
    ResourceFailedError,
    State,
)
from plugin.provider import Context

TYPE: Final = "trimaran:azure:Traffic"


@dataclass(frozen=True, kw_only=True)
class TrafficArgs:
    """What an endpoint should ask, and how it is tried out before."""

    endpoint_id: pulumi.Input[str]
    """``…/workspaces/WORKSPACE/onlineEndpoints/NAME`` of an endpoint that exists."""
    deployment_name: pulumi.Input[str]
    """The deployment that should get all traffic; it exists as well."""
    probe: pulumi.Input[str] | None = None
    """A request's body as JSON that the deployment must answer before it gets traffic; none where
    the endpoint cannot be reached from where Pulumi runs."""
    endpoint_settings: pulumi.Input[Mapping[str, Any]] | None = None
    """What the program sets on the endpoint itself. Its provider writes a change of any of it with
    a PUT of the whole, which resets the traffic: then the traffic is given once more."""
    release: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """What is released, for the history: whatever is needed to deploy it once more."""
    keep_history: pulumi.Input[int] = 10


class Traffic(RunResource):
    """Has the endpoint ask the given deployment, without an interruption.

    The new deployment stands beside the old one, gets as many instances as the autoscaler gave
    the old one, answers the probe, and only then gets the traffic: a deployment that fails leaves
    the old one serving. All else that is set on the endpoint stays as it is.

    Deleting this resource takes the traffic away, which the deployments' own deletion needs.
    """

    endpoint_id: pulumi.Output[str]
    deployment_name: pulumi.Output[str]
    probe: pulumi.Output[str | None]
    endpoint_settings: pulumi.Output[Mapping[str, Any] | None]
    release: pulumi.Output[Mapping[str, str] | None]
    keep_history: pulumi.Output[int]
    endpoint_name: pulumi.Output[str]
    """Known once the endpoint serves the model."""
    scoring_uri: pulumi.Output[str]
    history: pulumi.Output[Sequence[Mapping[str, str]]]
    """Earlier releases, newest first, the current one not among them."""

    def __init__(
        self, name: str, args: TrafficArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class TrafficHandler(Handler):
    """Shifts the traffic when it goes elsewhere."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"endpointId"})
    computed: ClassVar[frozenset[str]] = frozenset({"endpointName", "scoringUri", "history"})
    volatile: ClassVar[frozenset[str]] = frozenset({"history"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        probe = new.get("probe")
        if not isinstance(probe, str):
            return new, []
        try:
            json.loads(probe)
        except ValueError as error:
            return new, [CheckFailure(property="probe", reason=f"must be JSON: {error}")]
        return new, []

    def preview_create(self, inputs: Properties) -> Properties:
        return {**super().preview_create(inputs), "history": []}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return str(inputs["endpointId"]), _first(context, inputs)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if not self.computed <= outputs.keys():  # what an interruption or a failure left
            return _first(context, new)
        endpoint = shift(context, _shift_of(new))
        return {**_known(endpoint), "history": history(outputs, new)}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        endpoint = describe(resource_id)
        if endpoint is None:
            return None
        if not self.computed <= outputs.keys():
            raise InitializationFailedError(
                f"endpoint {outputs['endpointId']}: the change to {outputs['deploymentName']} did "
                "not come to its end; `pulumi up` goes on with it",
                resource_id=resource_id,
                outputs=outputs,
            )
        live = served_by(endpoint) or ""
        if live == outputs["deploymentName"]:
            return State(id=resource_id, outputs=outputs)
        # Somebody shifted the traffic or took it away: shown as a change that `up` takes back.
        return State(
            id=resource_id,
            outputs={**outputs, "deploymentName": live},
            inputs={**inputs, "deploymentName": live},
        )

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        withdraw(context, resource_id)


def _first(context: Context, inputs: Properties) -> dict[str, Any]:
    """Outputs of the endpoint's first release.

    Raises:
        InitializationFailedError: when it did not come to its end. It stays in the state, so that
            a destroy takes away the traffic that it may still get.
    """
    try:
        endpoint = shift(context, _shift_of(inputs))
    except ResourceFailedError as error:
        raise InitializationFailedError(
            str(error), resource_id=str(inputs["endpointId"]), outputs=inputs
        ) from error
    return {**_known(endpoint), "history": []}


def _known(endpoint: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "endpointName": str(endpoint["id"]).rsplit("/", 1)[-1],
        "scoringUri": str(endpoint["properties"].get("scoringUri") or ""),
    }


def _shift_of(inputs: Properties) -> Shift:
    return Shift(
        endpoint_id=str(inputs["endpointId"]),
        deployment=str(inputs["deploymentName"]),
        probe=inputs.get("probe") or None,
    )
