"""Which model an endpoint serves: deploy the new one, shift the traffic, undeploy the old."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import pulumi

from components.gcp.machines import Accelerator, check_machine
from components.gcp.vertex.rollout import Wanted, describe, roll_out, undeploy_all
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
from plugin.values import contains_unknown

TYPE: Final = "trimaran:gcp:Deployment"


@dataclass(frozen=True, kw_only=True)
class DeploymentArgs:
    """The endpoint, the model, and the machines that serve it."""

    endpoint_name: pulumi.Input[str]
    """``projects/…/locations/…/endpoints/ID`` of an endpoint that exists."""
    model_name: pulumi.Input[str]
    """``projects/…/models/ID@VERSION``."""
    region: pulumi.Input[str]
    machine_type: pulumi.Input[str]
    accelerator_type: pulumi.Input[str] | None = None
    accelerator_count: pulumi.Input[int] = 0
    min_replicas: pulumi.Input[int] = 1
    max_replicas: pulumi.Input[int] = 1
    """The service scales between both; when equal, it does not scale."""
    target_cpu_percent: pulumi.Input[int] | None = None
    """Load that scaling aims at; the service's own (60) by default."""
    service_account: pulumi.Input[str] | None = None
    release: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None
    """What is released, for the history: whatever is needed to deploy it once more."""
    keep_history: pulumi.Input[int] = 10


class Deployment(RunResource):
    """Has the endpoint serve the given model without an interruption.

    A new model is deployed beside the old one, gets all traffic once its replicas are ready, and
    only then the old one goes: an update that fails leaves the old one serving. Replica bounds
    that somebody changed in the cloud stay over an update that does not change them here.

    Deleting this resource undeploys, which the endpoint's own deletion needs.
    """

    endpoint_name: pulumi.Output[str]
    model_name: pulumi.Output[str]
    region: pulumi.Output[str]
    machine_type: pulumi.Output[str]
    accelerator_type: pulumi.Output[str | None]
    accelerator_count: pulumi.Output[int]
    min_replicas: pulumi.Output[int]
    max_replicas: pulumi.Output[int]
    target_cpu_percent: pulumi.Output[int | None]
    service_account: pulumi.Output[str | None]
    release: pulumi.Output[Mapping[str, str] | None]
    keep_history: pulumi.Output[int]
    deployed_model_id: pulumi.Output[str]
    history: pulumi.Output[Sequence[Mapping[str, str]]]
    """Earlier releases, newest first, the current one not among them."""

    def __init__(
        self, name: str, args: DeploymentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class DeploymentHandler(Handler):
    """Rolls a model out when it is another one, or runs otherwise."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"endpointName", "region"})
    computed: ClassVar[frozenset[str]] = frozenset({"deployedModelId", "history"})
    volatile: ClassVar[frozenset[str]] = computed

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        failures = []
        machine = [new.get(k) for k in ("machineType", "acceleratorType", "acceleratorCount")]
        if not contains_unknown(machine):
            kind, accelerator, count = machine
            chosen = Accelerator(str(accelerator), int(count or 1)) if accelerator else None
            try:
                check_machine(str(kind), chosen, serving=True)
            except ValueError as error:
                failures.append(CheckFailure(property="machineType", reason=str(error)))
        bounds = [new.get("minReplicas"), new.get("maxReplicas")]
        if not contains_unknown(bounds):
            least, most = (int(bound or 0) for bound in bounds)
            if not 1 <= least <= most:
                reason = f"must be between 1 and maxReplicas ({most}), not {least}"
                failures.append(CheckFailure(property="minReplicas", reason=reason))
        return new, failures

    def preview_create(self, inputs: Properties) -> Properties:
        return {**super().preview_create(inputs), "history": []}

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return str(inputs["endpointName"]), _first(context, inputs)

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        if "deployedModelId" not in outputs:  # what an interruption or a failure left
            return _first(context, new)
        deployed = roll_out(context, wanted(new, previous=outputs))
        return {"deployedModelId": deployed, "history": history(outputs, new)}

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        endpoint = describe(outputs["endpointName"], outputs["region"])
        if endpoint is None:
            return None
        if "deployedModelId" not in outputs:
            raise InitializationFailedError(
                f"endpoint {outputs['endpointName']}: the deployment of {outputs['modelName']} did "
                "not come to its end; `pulumi up` goes on with it",
                resource_id=resource_id,
                outputs=outputs,
            )
        live = {str(item["id"]): item for item in endpoint.get("deployedModels", [])}
        if not live:
            return None
        if outputs["deployedModelId"] in live:
            return State(id=resource_id, outputs=outputs)
        # Somebody deployed another model by hand: shown as a change that `up` takes back.
        other = next(iter(live.values()))
        name = f"{str(other['model']).split('@')[0]}@{other.get('modelVersionId', '')}"
        return State(
            id=resource_id,
            outputs={**outputs, "modelName": name, "deployedModelId": str(other["id"])},
            inputs={**inputs, "modelName": name},
        )

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        undeploy_all(context, outputs["endpointName"], outputs["region"])


def _first(context: Context, inputs: Properties) -> dict[str, Any]:
    """Outputs of the endpoint's first release.

    Raises:
        InitializationFailedError: when it did not come to its end. It stays in the state, so that
            a destroy undeploys what may still come up.
    """
    try:
        deployed = roll_out(context, wanted(inputs, previous=None))
    except ResourceFailedError as error:
        raise InitializationFailedError(
            str(error), resource_id=str(inputs["endpointName"]), outputs=inputs
        ) from error
    return {"deployedModelId": deployed, "history": []}


def wanted(inputs: Properties, *, previous: Properties | None) -> Wanted:
    """What should be live; bounds that the program did not change are ``kept`` as they are."""
    names = ("minReplicas", "maxReplicas")
    kept = previous is not None and all(previous.get(n) == inputs.get(n) for n in names)
    accelerator = None
    if inputs.get("acceleratorType"):
        accelerator = Accelerator(
            str(inputs["acceleratorType"]), int(inputs.get("acceleratorCount") or 1)
        )
    cpu = inputs.get("targetCpuPercent")
    return Wanted(
        endpoint=inputs["endpointName"],
        region=inputs["region"],
        model=inputs["modelName"],
        machine_type=inputs["machineType"],
        accelerator=accelerator,
        min_replicas=int(inputs["minReplicas"]),
        max_replicas=int(inputs["maxReplicas"]),
        keep_live_replicas=kept,
        target_cpu_percent=int(cpu) if cpu else None,
        service_account=inputs.get("serviceAccount") or None,
    )
