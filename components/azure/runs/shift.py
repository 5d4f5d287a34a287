"""Shifting the traffic of a live online endpoint, and finding out how it went."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.azure.runs import cloud
from components.azure.runs.cloud import call
from components.azure.runs.errors import ApiError, explained
from components.azure.runs.operations import change, settled
from components.azure.runs.probe import Unanswered, ask
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.provider import Context

# The longest that Azure takes to start a deployment's instances.
_LIMIT_SECONDS: Final = 2 * 3600.0
_ALL: Final = 100
_LOG_LINES: Final = 20
# What the API tells of an endpoint and does not take back.
_READ_ONLY: Final = frozenset({"keys", "provisioningState", "scoringUri", "swaggerUri"})
_SUCCEEDED: Final = "Succeeded"


@dataclass(frozen=True, kw_only=True)
class Shift:
    """The endpoint, the deployment that should get its traffic, and a request to try it with."""

    endpoint_id: str
    deployment: str
    probe: str | None
    """A body as JSON text."""

    @property
    def subject(self) -> str:
        """The endpoint as users know it."""
        return f"endpoint {self.endpoint_id.rsplit('/', 1)[-1]}"

    @property
    def deployment_id(self) -> str:
        return f"{self.endpoint_id}/deployments/{self.deployment}"


def describe(endpoint_id: str) -> dict[str, Any] | None:
    """The endpoint as the API describes it, or ``None`` when there is none."""
    with explained(f"endpoint {endpoint_id.rsplit('/', 1)[-1]}"):
        return cloud.find(endpoint_id)


def served_by(endpoint: Mapping[str, Any]) -> str | None:
    """The deployment with the most traffic; ``None`` when none has any."""
    traffic = _traffic(endpoint)
    return max(sorted(traffic), key=lambda name: traffic[name]) if traffic else None


def shift(context: Context, wanted: Shift) -> dict[str, Any]:
    """Has the endpoint ask the wanted deployment only; returns the endpoint once it does.

    A change under way, e.g. of an interrupted ``pulumi up``, is waited for first.

    Raises:
        OperationInterruptedError: when the user interrupted; what was begun goes on in the cloud.
        ResourceFailedError: when the deployment does not answer; the traffic is as it was.
    """
    polling = Polling(context, wanted.subject, limit=_LIMIT_SECONDS)
    with explained(wanted.subject):
        before = _settled_endpoint(polling, wanted)
        if _traffic(before) == {wanted.deployment: _ALL}:
            return before
        _require_ready(polling, wanted, before)
        _keep_capacity(polling, wanted, before)
        if wanted.probe is not None:
            _try(polling, wanted, before, wanted.deployment)
        return _change_over(polling, wanted, before)


def withdraw(context: Context, endpoint_id: str) -> None:
    """Takes all traffic away; an endpoint that is gone has none."""
    subject = f"endpoint {endpoint_id.rsplit('/', 1)[-1]}"
    polling = Polling(context, subject, limit=_LIMIT_SECONDS)
    with explained(subject):
        if cloud.find(endpoint_id) is None:
            return
        endpoint = settled(polling, endpoint_id, doing="changing")
        if _traffic(endpoint):
            _set_traffic(polling, endpoint, {}, doing="taking the traffic away")


def _settled_endpoint(polling: Polling, wanted: Shift) -> dict[str, Any]:
    try:
        return settled(polling, wanted.endpoint_id, doing="changing")
    except ApiError as error:
        if error.status == 404:
            raise ResourceFailedError(
                f"{wanted.subject} does not exist. Run `pulumi refresh`, then `pulumi up`, which "
                "creates it again"
            ) from None
        raise


def _require_ready(polling: Polling, wanted: Shift, before: Mapping[str, Any]) -> None:
    try:
        deployment = settled(polling, wanted.deployment_id, doing="deploying")
    except ApiError as error:
        if error.status != 404:
            raise
        raise ResourceFailedError(
            f"{wanted.subject}: there is no deployment {wanted.deployment}. Run `pulumi refresh`, "
            "then `pulumi up`, which creates it again"
        ) from None
    state = deployment["properties"].get("provisioningState", _SUCCEEDED)
    if state != _SUCCEEDED:
        raise ResourceFailedError(
            _failed(wanted, before, f"its deployment {wanted.deployment} is {state}")
        )


def _keep_capacity(polling: Polling, wanted: Shift, before: Mapping[str, Any]) -> None:
    """Gives the new deployment as many instances as serve now: the load stays the same."""
    live = served_by(before)
    old = cloud.find(f"{wanted.endpoint_id}/deployments/{live}") if live else None
    if old is None or live == wanted.deployment:
        return
    new = call("GET", wanted.deployment_id)
    target = int((old.get("sku") or {}).get("capacity") or 0)
    if target > int((new.get("sku") or {}).get("capacity") or 0):
        change(
            polling,
            "PATCH",
            wanted.deployment_id,
            body={"sku": {**(new.get("sku") or {}), "capacity": target}},
            doing=f"starting {target} instances, as many as {live} has",
        )


def _change_over(polling: Polling, wanted: Shift, before: Mapping[str, Any]) -> dict[str, Any]:
    """Shifts the traffic, and back when that went wrong."""
    try:
        _set_traffic(polling, before, {wanted.deployment: _ALL}, doing="shifting the traffic")
        if wanted.probe is not None:
            _try(polling, wanted, before, None)
        return call("GET", wanted.endpoint_id)
    except OperationInterruptedError:
        raise OperationInterruptedError(
            f"{wanted.subject}: interrupted; the change to {wanted.deployment} goes on in the "
            "cloud, and the next `pulumi up` waits for its end"
        ) from None
    except ResourceFailedError:
        _go_back(polling, wanted, before)
        raise
    except ApiError as error:
        _go_back(polling, wanted, before)
        reason = f"the traffic could not be shifted to {wanted.deployment}: {error.message}"
        raise ResourceFailedError(_failed(wanted, before, reason)) from error


def _go_back(polling: Polling, wanted: Shift, before: Mapping[str, Any]) -> None:
    try:
        live = settled(polling, wanted.endpoint_id, doing="changing")
        if _traffic(live) != _traffic(before):
            _set_traffic(polling, live, _traffic(before), doing="going back")
    except ApiError as error:
        split = _traffic(before) or "none"
        raise ResourceFailedError(
            f"{wanted.subject}: {wanted.deployment} failed, and the traffic could not be given "
            f"back ({error.code}: {error.message}): set it by hand to what it was, {split}"
        ) from error


def _set_traffic(
    polling: Polling, endpoint: Mapping[str, Any], traffic: Mapping[str, int], *, doing: str
) -> None:
    """Puts the endpoint as it is, but for its traffic: PATCH takes tags and identity only.

    https://learn.microsoft.com/rest/api/azureml/online-endpoints/update
    """
    body: dict[str, Any] = {
        key: endpoint[key] for key in ("location", "tags", "kind", "sku") if endpoint.get(key)
    }
    identity = endpoint.get("identity")
    if identity:
        body["identity"] = {"type": identity["type"]}
        if identity.get("userAssignedIdentities"):
            own = identity["userAssignedIdentities"]
            body["identity"]["userAssignedIdentities"] = {key: {} for key in own}
    kept = {k: v for k, v in endpoint["properties"].items() if k not in _READ_ONLY}
    # A deployment either answers or listens.
    mirrored = kept.get("mirrorTraffic") or {}
    if mirrored:
        kept["mirrorTraffic"] = {k: v for k, v in mirrored.items() if not traffic.get(k)}
    body["properties"] = {**kept, "traffic": dict(traffic)}
    change(polling, "PUT", str(endpoint["id"]), body=body, doing=doing)


def _try(
    polling: Polling, wanted: Shift, before: Mapping[str, Any], deployment: str | None
) -> None:
    try:
        ask(polling, before, str(wanted.probe), deployment=deployment, expected=wanted.deployment)
    except Unanswered as error:
        raise ResourceFailedError(_failed(wanted, before, str(error))) from error


def _failed(wanted: Shift, before: Mapping[str, Any], reason: str) -> str:
    live = served_by(before)
    stays = f"It goes on asking {live}" if live else "It serves nothing yet"
    return (
        f"{wanted.subject}: {reason.rstrip('.')}. {stays}.\n{_log(wanted)}\n"
        f"In the studio: Endpoints > {wanted.endpoint_id.rsplit('/', 1)[-1]} > "
        f"{wanted.deployment}. Repair the model or its serving code, then run `pulumi up` again"
    )


def _log(wanted: Shift) -> str:
    """How the deployment's log ends; one that cannot be read must not hide the error."""
    body = {"containerType": "InferenceServer", "tail": _LOG_LINES}
    try:
        content = str(call("POST", f"{wanted.deployment_id}/getLogs", body=body).get("content"))
    except ApiError as error:
        return f"Its log cannot be read: {error.message}."
    shown = "\n".join(f"    {line}" for line in content.splitlines()[-_LOG_LINES:])
    return f"The log of {wanted.deployment} ends with:\n{shown}"


def _traffic(endpoint: Mapping[str, Any]) -> dict[str, int]:
    split = endpoint["properties"].get("traffic") or {}
    return {str(name): int(share) for name, share in split.items() if share}
