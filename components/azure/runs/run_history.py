"""What a job's run logged: Azure Machine Learning's run history and its MLflow tracking API.

Both answer on the host that the job itself names as its tracking service.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from components.azure.runs.cloud import call, find
from components.azure.runs.errors import ApiError, error_in
from plugin.handler import ResourceFailedError

_SCHEME: Final = "azureml://"
_TRACKING: Final = "/mlflow/"
# The names under which the parent's run keeps its best trial, as azure-ai-ml reads them.
_BEST: Final = {"Sweep": "best_child_run_id", "AutoML": "automl_best_child_run_id"}


@dataclass(frozen=True, kw_only=True)
class Logged:
    """Parameters as text and the last values of metrics."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


def best_trial(job: Mapping[str, Any]) -> str:
    """The name of the job's best trial; ``""`` for a job without trials.

    Raises:
        ApiError: when the run cannot be read.
        ResourceFailedError: when there are trials, but none is the best.
    """
    properties = job["properties"]
    key = _BEST.get(str(properties.get("jobType")))
    if key is None:
        return ""
    best = _kept(properties, key) or _kept(_details(job), key)
    if best:
        return best
    name = str(job["id"]).rsplit("/", 1)[-1]
    metric = (properties.get("objective") or {}).get("primaryMetric") or "the primary metric"
    raise ResourceFailedError(
        f"job {name} completed but has no best trial ({trial_counts(job) or 'no trials'}): none "
        f"logged {metric!r}. The training script logs it with MLflow under exactly this name"
    )


def logged_by(job: Mapping[str, Any], run: str) -> Logged:
    """What ``run``, the job's own or a trial's, logged; nothing where nothing was.

    Raises:
        ApiError: when the run cannot be read.
    """
    base = _tracking_url(job)
    answer: Mapping[str, Any] = {}
    if base:
        url = f"{base}/api/2.0/mlflow/runs/get"
        answer = _found(url, {"run_id": run})
    data = (answer.get("run") or {}).get("data") or {}
    parameters = {str(item["key"]): str(item["value"]) for item in data.get("params") or ()}
    metrics = {str(item["key"]): float(item["value"]) for item in data.get("metrics") or ()}
    if not parameters and run != str(job["id"]).rsplit("/", 1)[-1]:
        parameters = _given_to(job, run)
    return Logged(parameters=parameters, metrics=metrics)


def trial_counts(job: Mapping[str, Any]) -> str:
    """The trials by state, e.g. ``3 completed, 2 running``; ``""`` where that cannot be told."""
    counts = Counter(str(child.get("status", "?")).lower() for child in _children(job))
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))


def failed_trial(job: Mapping[str, Any]) -> str:
    """The name of one failed trial: mostly they all fail for the same cause."""
    failed = [child for child in _children(job) if child.get("status") == "Failed"]
    return str(failed[0].get("runId", "")) if failed else ""


def error_of_run(job: Mapping[str, Any]) -> ApiError | None:
    """Why the run failed, as far as it is recorded.

    A run that cannot be read must not hide the failure it was asked for.
    """
    try:
        error = (_details(job).get("error") or {}).get("error")
    except ApiError:
        return None
    return error_in({"error": error}, status=0) if error else None


def _kept(run: Mapping[str, Any], key: str) -> str:
    places = (run.get("properties") or {}, run.get("tags") or {})
    return next((str(place[key]) for place in places if place.get(key)), "")


def _details(job: Mapping[str, Any]) -> dict[str, Any]:
    base = _history_url(job)
    name = str(job["id"]).rsplit("/", 1)[-1]
    return _found(f"{base}/runs/{name}/details", {}) if base else {}


def _children(job: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    base = _history_url(job)
    if not base or job["properties"].get("jobType") not in _BEST:
        return []
    name = str(job["id"]).rsplit("/", 1)[-1]
    try:
        return list(_found(f"{base}/runs/{name}/children", {}).get("value") or ())
    except ApiError:
        return []  # it is for a progress line or beside an error of its own


def _given_to(job: Mapping[str, Any], trial: str) -> dict[str, str]:
    """The parameters of a trial as the service keeps them with its job."""
    jobs = str(job["id"]).rsplit("/", 1)[0]
    properties = (find(f"{jobs}/{trial}") or {}).get("properties") or {}
    return {str(key): str(value) for key, value in (properties.get("parameters") or {}).items()}


def _found(url: str, query: Mapping[str, str]) -> dict[str, Any]:
    try:
        return call("GET", url, query=query)
    except ApiError as error:
        if error.status == 404:  # nothing was logged
            return {}
        raise


def _tracking_url(job: Mapping[str, Any]) -> str:
    service = (job["properties"].get("services") or {}).get("Tracking") or {}
    endpoint = str(service.get("endpoint") or "").partition("?")[0].rstrip("/")
    if not endpoint.startswith(_SCHEME):
        return ""
    return f"https://{endpoint.removeprefix(_SCHEME)}"


def _history_url(job: Mapping[str, Any]) -> str:
    host, found, _ = _tracking_url(job).partition(_TRACKING)
    workspace = str(job["id"]).rsplit("/jobs/", 1)[0]
    return f"{host}/history/v1.0{workspace}" if found else ""
