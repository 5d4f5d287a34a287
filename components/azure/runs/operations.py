"""Azure's asynchronous operations: a change that is accepted now and done later."""

from collections.abc import Mapping
from typing import Any, Final

from components.azure.runs.cloud import call, content_of, send
from components.azure.runs.errors import error_in
from components.runs.polling import Polling

# https://github.com/Azure/azure-resource-manager-rpc/blob/master/v1.0/async-api-reference.md
_SUCCEEDED: Final = "succeeded"
_FAILED: Final = frozenset({"failed", "canceled", "cancelled"})


def change(
    polling: Polling,
    method: str,
    path: str,
    *,
    doing: str,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Sends a change and waits for its end; returns the last answer's JSON object.

    Raises:
        ApiError: when the API refuses, or the operation fails.
        OperationInterruptedError: when the user interrupted the update.
        ResourceFailedError: when the limit of ``polling`` is over.
    """
    response = send(method, path, body=body, query=query)
    status_url = response.headers.get("Azure-AsyncOperation")
    location = response.headers.get("Location")
    pause = _retry_after(response)
    if status_url:
        return _wait_for_status(polling, status_url, doing, pause)
    if location and response.status_code == 202:
        return _wait_for_location(polling, location, doing, pause)
    answer = content_of(response)
    if method in {"PUT", "PATCH"} and _state(answer):
        return _wait_for_resource(polling, path, doing, answer, query)
    return answer


def settled(polling: Polling, path: str, *, doing: str) -> dict[str, Any]:
    """The resource once nobody changes it any more, however that ended.

    Raises:
        ApiError: when the API refuses, e.g. because there is no such resource.
        OperationInterruptedError: when the user interrupted the update.
    """
    while True:
        resource = call("GET", path)
        if not _state(resource) or _state(resource) in {_SUCCEEDED, *_FAILED}:
            return resource
        polling.pause(doing)


def _wait_for_status(polling: Polling, url: str, doing: str, pause: float) -> dict[str, Any]:
    while True:
        response = send("GET", url)
        operation = content_of(response)
        status = str(operation.get("status", "")).lower()
        if status == _SUCCEEDED:
            return operation
        if status in _FAILED:
            raise error_in(
                operation, status=400, fallback=f"the operation ended with {operation['status']}"
            )
        pause = _retry_after(response) or pause
        polling.pause(doing, at_least=pause)


def _wait_for_location(polling: Polling, url: str, doing: str, pause: float) -> dict[str, Any]:
    while True:
        polling.pause(doing, at_least=pause)
        response = send("GET", url)
        if response.status_code != 202:
            return content_of(response)
        pause = _retry_after(response) or pause


def _wait_for_resource(
    polling: Polling,
    path: str,
    doing: str,
    resource: dict[str, Any],
    query: Mapping[str, str] | None,
) -> dict[str, Any]:
    while _state(resource) != _SUCCEEDED:
        if _state(resource) in _FAILED:
            raise error_in(
                resource.get("properties"),
                status=400,
                fallback=f"its provisioning ended as {_state(resource)}",
            )
        polling.pause(doing)
        resource = call("GET", path, query=query)
    return resource


def _state(resource: Mapping[str, Any]) -> str:
    properties = resource.get("properties") or {}
    return str(properties.get("provisioningState") or "").lower()


def _retry_after(response: Any) -> float:
    """Seconds that the service asks to wait before the next look; 0 without a wish."""
    try:
        return float(response.headers.get("Retry-After") or 0)
    except ValueError:  # the header may be a date as well
        return 0.0
