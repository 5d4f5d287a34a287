"""Changing what a live Vertex AI endpoint serves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.gcp.machines import Accelerator, machine_spec
from components.gcp.runs.cloud import (
    ApiError,
    call,
    explained,
    is_missing,
    remedy,
    wait_for_operation,
)
from components.gcp.runs.logs import excerpt, of_endpoint
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.provider import Context

# The longest that Vertex AI takes for a deployment.
_LIMIT_SECONDS: Final = 2 * 3600.0
_CPU_METRIC: Final = "aiplatform.googleapis.com/prediction/online/cpu/utilization"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The endpoint, the model version that it should serve, and on what."""

    endpoint: str
    region: str
    model: str
    machine_type: str
    accelerator: Accelerator | None
    min_replicas: int
    max_replicas: int
    keep_live_replicas: bool
    """Leave the live bounds: the program did not change them since they were set."""
    target_cpu_percent: int | None
    service_account: str | None


def describe(endpoint: str, region: str) -> dict[str, Any] | None:
    """The endpoint as the API describes it, or ``None`` when there is none."""
    with explained(f"endpoint {endpoint}"):
        try:
            return call("aiplatform", "GET", f"/v1/{endpoint}", region=region)
        except ApiError as error:
            if is_missing(error):
                return None
            raise


def roll_out(context: Context, wanted: Wanted) -> str:
    """Has the endpoint serve the wanted model; returns the deployed model's id.

    Raises:
        OperationInterruptedError: when the user interrupted; what was begun goes on in the cloud.
        ResourceFailedError: when the model does not come up; what served before goes on serving.
    """
    polling = Polling(context, f"endpoint {_id(wanted.endpoint)}", limit=_LIMIT_SECONDS)
    with explained(f"endpoint {wanted.endpoint}"):
        _settle(polling, wanted.endpoint, wanted.region)
    endpoint = _existing(wanted)
    old = list(endpoint.get("deployedModels", []))
    same = [item for item in old if _matches(item, wanted)]
    with explained(f"endpoint {wanted.endpoint}"):
        if same:
            chosen = str(same[-1]["id"])
            _scale(polling, wanted, same[-1])
        else:
            chosen = _deploy(polling, wanted, old)
        _take_all_traffic(wanted, chosen)
        for item in old:
            if str(item["id"]) != chosen:
                _undeploy(polling, wanted.endpoint, wanted.region, str(item["id"]))
    return chosen


def undeploy_all(context: Context, endpoint_name: str, region: str) -> None:
    """Undeploys whatever the endpoint serves; one that is gone serves nothing."""
    polling = Polling(context, f"endpoint {_id(endpoint_name)}", limit=_LIMIT_SECONDS)
    with explained(f"endpoint {endpoint_name}"):
        _settle(polling, endpoint_name, region)
    endpoint = describe(endpoint_name, region)
    deployed = list((endpoint or {}).get("deployedModels", []))
    split = (endpoint or {}).get("trafficSplit") or {}
    # The one with traffic goes last: until then the others have none to lose.
    deployed.sort(key=lambda item: int(split.get(str(item["id"]), 0)))
    with explained(f"endpoint {endpoint_name}"):
        for item in deployed:
            _undeploy(polling, endpoint_name, region, str(item["id"]))


def _settle(polling: Polling, endpoint: str, region: str) -> None:
    """Waits for changes that an interrupted update began: what they deploy is not seen before."""
    for operation in _operations(endpoint, region):
        try:
            wait_for_operation(
                polling, operation, api="aiplatform", region=region, doing="ending a change"
            )
        except ApiError:
            continue  # a change that failed changed nothing


def _operations(endpoint: str, region: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {}
    while True:
        path = f"/v1/{endpoint}/operations"
        try:
            answer = call("aiplatform", "GET", path, region=region, query=query)
        except ApiError as error:
            if is_missing(error):
                return []
            raise
        found += answer.get("operations", [])
        if not answer.get("nextPageToken"):
            return found
        query = {"pageToken": str(answer["nextPageToken"])}


def _existing(wanted: Wanted) -> dict[str, Any]:
    endpoint = describe(wanted.endpoint, wanted.region)
    if endpoint is None:
        raise ResourceFailedError(
            f"endpoint {wanted.endpoint} does not exist. Run `pulumi refresh`, then `pulumi up`, "
            "which creates it again"
        )
    return endpoint


def _matches(live: Mapping[str, Any], wanted: Wanted) -> bool:
    """Whether a deployed model is the wanted one on the wanted machines."""
    name, _, version = wanted.model.partition("@")
    machine = (live.get("dedicatedResources") or {}).get("machineSpec") or {}
    spec = machine_spec(wanted.machine_type, wanted.accelerator)
    # Projects are written by id or by number.
    same_model = str(live["model"]).split("@")[0].rsplit("/", 1)[-1] == name.rsplit("/", 1)[-1]
    return (
        same_model
        and str(live.get("modelVersionId", "")) == version
        and machine.get("machineType") == spec["machineType"]
        and machine.get("acceleratorType") == spec.get("acceleratorType")
        and int(machine.get("acceleratorCount") or 0) == int(spec.get("acceleratorCount") or 0)
        and (live.get("serviceAccount") or None) == wanted.service_account
    )


def _resources(wanted: Wanted, live: Mapping[str, Any] | None) -> dict[str, Any]:
    least, most = wanted.min_replicas, wanted.max_replicas
    if live is not None and wanted.keep_live_replicas:
        resources = live.get("dedicatedResources") or {}
        least = int(resources.get("minReplicaCount") or least)
        most = max(int(resources.get("maxReplicaCount") or least), least)
    resources = {
        "machineSpec": machine_spec(wanted.machine_type, wanted.accelerator),
        "minReplicaCount": least,
        "maxReplicaCount": most,
    }
    if wanted.target_cpu_percent is not None:
        resources["autoscalingMetricSpecs"] = [
            {"metricName": _CPU_METRIC, "target": wanted.target_cpu_percent}
        ]
    return resources


def _deploy(polling: Polling, wanted: Wanted, old: list[dict[str, Any]]) -> str:
    """Deploys beside what is there, without traffic unless nothing else could take it."""
    body: dict[str, Any] = {
        "deployedModel": {
            "model": wanted.model,
            "displayName": wanted.model.rsplit("/", 1)[-1],
            "dedicatedResources": _resources(wanted, old[-1] if old else None),
            **({"serviceAccount": wanted.service_account} if wanted.service_account else {}),
        }
    }
    if not old:
        # `0` stands for the model that is being deployed.
        body["trafficSplit"] = {"0": 100}
    try:
        operation = call(
            "aiplatform",
            "POST",
            f"/v1/{wanted.endpoint}:deployModel",
            region=wanted.region,
            body=body,
        )
        response = wait_for_operation(
            polling, operation, api="aiplatform", region=wanted.region, doing="deploying"
        )
    except OperationInterruptedError:
        raise OperationInterruptedError(
            f"endpoint {wanted.endpoint}: interrupted; the deployment of {wanted.model} goes on in "
            "the cloud, and the next `pulumi up` takes it up"
        ) from None
    except ApiError as error:
        raise ResourceFailedError(_failed(wanted, error, served=bool(old))) from error
    return str(response["deployedModel"]["id"])


def _failed(wanted: Wanted, error: ApiError, *, served: bool) -> str:
    project = wanted.endpoint.split("/")[1]
    stays = "It goes on serving what it served before" if served else "It serves nothing yet"
    return (
        f"endpoint {wanted.endpoint}: {wanted.model} could not be deployed: "
        f"{error.message.rstrip('.')}. {stays}.{remedy(error, wanted.region)}\n"
        f"{excerpt(project, of_endpoint(wanted.endpoint))}\n"
        f"In the console: Vertex AI > Online prediction > {_id(wanted.endpoint)}. Repair the model "
        "or its serving code, then run `pulumi up` again"
    )


def _take_all_traffic(wanted: Wanted, deployed_id: str) -> None:
    live = _existing(wanted)
    if (live.get("trafficSplit") or {}).get(deployed_id) == 100:
        return
    call(
        "aiplatform",
        "PATCH",
        f"/v1/{wanted.endpoint}",
        region=wanted.region,
        body={"trafficSplit": {deployed_id: 100}},
        query={"updateMask": "trafficSplit"},
    )


def _scale(polling: Polling, wanted: Wanted, live: Mapping[str, Any]) -> None:
    """Changes the bounds of a model that stays, when the program changed them."""
    resources = live.get("dedicatedResources") or {}
    target = _resources(wanted, live)
    names = ("minReplicaCount", "maxReplicaCount")
    changed = [
        name
        for name in names
        if int(resources.get(name) or resources.get("minReplicaCount") or 0) != target[name]
    ]
    metrics = target.get("autoscalingMetricSpecs", [])
    if metrics and resources.get("autoscalingMetricSpecs") != metrics:
        changed.append("autoscalingMetricSpecs")
    if not changed:
        return
    operation = call(
        "aiplatform",
        "POST",
        f"/v1/{wanted.endpoint}:mutateDeployedModel",
        region=wanted.region,
        body={
            "deployedModel": {"id": live["id"], "dedicatedResources": target},
            "updateMask": ",".join(f"dedicatedResources.{name}" for name in changed),
        },
    )
    wait_for_operation(polling, operation, api="aiplatform", region=wanted.region, doing="scaling")


def _undeploy(polling: Polling, endpoint: str, region: str, deployed_id: str) -> None:
    try:
        operation = call(
            "aiplatform",
            "POST",
            f"/v1/{endpoint}:undeployModel",
            region=region,
            body={"deployedModelId": deployed_id},
        )
        wait_for_operation(polling, operation, api="aiplatform", region=region, doing="undeploying")
    except ApiError as error:
        if not is_missing(error):
            raise


def _id(endpoint: str) -> str:
    return endpoint.rsplit("/", 1)[-1]
