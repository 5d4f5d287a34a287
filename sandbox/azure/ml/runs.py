"""What runs logged: MLflow's tracking API, and Azure ML's run history beside it.

A job is a run of the same name. Metrics, parameters and tags come from its code through MLflow;
status and error come from the job.
"""

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import unquote

from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError, not_found
from sandbox.azure.ids import parse
from sandbox.azure.ml.places import Places
from sandbox.store import Record
from sandbox.wire import Request

COLLECTION: Final = "ml runs"
AUDIENCES: Final = ("https://ml.azure.com", "https://ai.azure.com")
_WORKSPACE: Final = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/"
    "Microsoft.MachineLearningServices/workspaces/{workspace}"
)
# Job status to MLflow's.
_MLFLOW: Final = {
    "Completed": "FINISHED",
    "Failed": "FAILED",
    "Canceled": "KILLED",
    "Running": "RUNNING",
    "Finalizing": "RUNNING",
}


class Runs:
    """Runs by workspace and name."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._store = context.store
        for version in ("v1.0", "v2.0"):
            base = f"/mlflow/{version}{_WORKSPACE}/api/2.0/mlflow"
            for verb, name, handler in (
                ("GET", "runs/get", self._get),
                ("POST", "runs/log-batch", self._log_batch),
                ("POST", "runs/log-metric", self._log_metric),
                ("POST", "runs/log-parameter", self._log_parameter),
                ("POST", "runs/set-tag", self._set_tag),
                ("POST", "runs/update", self._update),
                ("GET", "metrics/get-history", self._history),
                ("GET", "experiments/get", self._experiment),
                ("GET", "experiments/get-by-name", self._experiment),
            ):
                context.route(verb, f"{base}/{name}", handler)
        base = f"/history/v1.0{_WORKSPACE}"
        for prefix in ("", "/experiments/{experiment}"):
            context.route("GET", f"{base}{prefix}/runs/{{run}}", self._details)
            context.route("GET", f"{base}{prefix}/runs/{{run}}/details", self._details)
            context.route("GET", f"{base}{prefix}/runs/{{run}}/children", self._children)
        context.route("POST", f"{base}/rundata", self._run_data)
        resolved = f"/data/v1.0{_WORKSPACE}/dataversion/batchGetResolvedUris"
        context.route("POST", resolved, self._resolved)

    # For jobs.

    def begin(self, job: str, *, experiment: str, parent: str = "") -> None:
        """Make the run of a job, by the job's id, without what an earlier one logged."""
        record = {
            "job": job,
            "experiment": experiment,
            "parent": parent,
            "started": _milliseconds(),
            "metrics": {},
            "params": {},
            "tags": {},
        }
        self._store.put(COLLECTION, job.lower(), record)

    def metrics(self, job: str) -> dict[str, list[tuple[int, float]]]:
        """Step and value of each metric, in the order in which they were logged."""
        record = self._store.get(COLLECTION, job.lower()) or {"metrics": {}}
        return {
            name: [(int(item["step"]), float(item["value"])) for item in items]
            for name, items in record["metrics"].items()
        }

    def log(
        self,
        job: str,
        *,
        metrics: Mapping[str, float] | None = None,
        params: Mapping[str, object] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Log as the job's own code would."""
        moment = _milliseconds()
        with self._store.change(COLLECTION, job.lower()) as record:
            for name, value in (metrics or {}).items():
                item = {"key": name, "value": value, "timestamp": moment, "step": 0}
                record["metrics"].setdefault(name, []).append(item)
            record["params"].update({key: str(value) for key, value in (params or {}).items()})
            record["tags"].update(tags or {})

    def drop(self, job: str) -> None:
        """Forget a run."""
        self._store.delete(COLLECTION, job.lower())

    # MLflow.

    def _workspace(self, request: Request) -> str:
        """The id of the workspace a request is about, once its token is found right."""
        audiences = (*AUDIENCES, *self._context.audiences)
        self._context.tokens.check(request.headers.get("authorization", ""), audiences)
        variables = request.variables
        return _WORKSPACE.format(**{key: variables[key] for key in _KEYS}).lower()

    def _name(self, request: Request, run: str) -> str:
        name = f"{self._workspace(request)}/jobs/{run}".lower()
        if self._store.get(COLLECTION, name) is None:
            raise ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"Run '{run}' was not found.")
        return name

    def _get(self, request: Request) -> Record:
        query = request.query
        run = query.get("run_id") or query.get("run_uuid") or ""
        return {"run": self._shown(self._name(request, run))}

    def _shown(self, name: str) -> Record:
        record = self._store.get(COLLECTION, name) or {}
        job = self._context.resources.get(record["job"]) or {"properties": {}}
        run = str(record["job"]).rsplit("/", 1)[-1]
        status = _MLFLOW.get(str(job["properties"].get("status")), "SCHEDULED")
        info = {
            "run_id": run,
            "run_uuid": run,
            "run_name": job["properties"].get("displayName") or run,
            "experiment_id": record["experiment"],
            "status": status,
            "start_time": record["started"],
            "artifact_uri": f"azureml://experiments/{record['experiment']}/runs/{run}/artifacts",
            "lifecycle_stage": "active",
        }
        if "ended" in record:
            info["end_time"] = record["ended"]
        tags = dict(record["tags"])
        if record["parent"]:
            tags["mlflow.parentRunId"] = record["parent"]
        return {
            "info": info,
            "data": {
                "metrics": [items[-1] for items in record["metrics"].values() if items],
                "params": _pairs(record["params"]),
                "tags": _pairs(tags),
            },
        }

    def _log_batch(self, request: Request) -> Record:
        body = request.json()
        return self._logged(
            request, body, body.get("metrics"), body.get("params"), body.get("tags")
        )

    def _log_metric(self, request: Request) -> Record:
        body = request.json()
        return self._logged(request, body, [body], [], [])

    def _log_parameter(self, request: Request) -> Record:
        body = request.json()
        return self._logged(request, body, [], [body], [])

    def _set_tag(self, request: Request) -> Record:
        body = request.json()
        return self._logged(request, body, [], [], [body])

    def _logged(
        self, request: Request, body: Record, metrics: Any, params: Any, tags: Any
    ) -> Record:
        name = self._name(request, str(body.get("run_id") or body.get("run_uuid") or ""))
        try:
            points = [
                {
                    "key": str(item["key"]),
                    "value": float(item["value"]),
                    "timestamp": int(item.get("timestamp") or _milliseconds()),
                    "step": int(item.get("step") or 0),
                }
                for item in metrics or []
            ]
            given = {str(item["key"]): str(item["value"]) for item in params or []}
            labels = {str(item["key"]): str(item["value"]) for item in tags or []}
        except (KeyError, TypeError, ValueError) as error:
            raise ApiError(400, "INVALID_PARAMETER_VALUE", f"Not understood: {error!r}.") from None
        with self._store.change(COLLECTION, name) as record:
            for key, value in given.items():
                if record["params"].setdefault(key, value) != value:
                    message = f"The parameter '{key}' has another value already."
                    raise ApiError(400, "INVALID_PARAMETER_VALUE", message)
            for point in points:
                record["metrics"].setdefault(point["key"], []).append(point)
            record["tags"].update(labels)
        return {}

    def _update(self, request: Request) -> Record:
        """A status from a client: the job itself knows better how it ended."""
        body = request.json()
        name = self._name(request, str(body.get("run_id") or ""))
        return {"run_info": self._shown(name)["info"]}

    def _history(self, request: Request) -> Record:
        name = self._name(request, request.query.get("run_id", ""))
        record = self._store.get(COLLECTION, name) or {"metrics": {}}
        return {"metrics": record["metrics"].get(request.query.get("metric_key", ""), [])}

    def _experiment(self, request: Request) -> Record:
        self._workspace(request)
        query = request.query
        name = query.get("experiment_id") or query.get("experiment_name") or ""
        known = {record["experiment"] for _, record in self._store.find(COLLECTION)}
        if name not in known:
            raise ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"No experiment '{name}'.")
        shown = {"experiment_id": name, "name": name, "lifecycle_stage": "active"}
        return {"experiment": {**shown, "artifact_location": ""}}

    # Run history.

    def _details(self, request: Request) -> Record:
        workspace = self._workspace(request)
        run = unquote(request.variables["run"])
        return self._detailed(self._job(workspace, run))

    def _children(self, request: Request) -> Record:
        workspace = self._workspace(request)
        run = unquote(request.variables["run"])
        jobs = self._context.resources.children(workspace, "jobs")
        return {"value": [self._detailed(job) for job in jobs if job.get("_parent") == run]}

    def _run_data(self, request: Request) -> Record:
        """A run with its outputs, each by an id that :meth:`_resolved` knows."""
        workspace = self._workspace(request)
        job = self._job(workspace, str(request.json().get("runId")))
        outputs = {
            name: {"assetId": f"{job['id']}/outputs/{name}", "type": given["jobOutputType"]}
            for name, given in (job["properties"].get("outputs") or {}).items()
            if name != "default"
        }
        return {"runMetadata": {**self._detailed(job), "outputs": outputs}}

    def _resolved(self, request: Request) -> Record:
        """Where outputs are that :meth:`_run_data` told."""
        workspace = self._workspace(request)
        values = {}
        for identifier in request.json().get("values") or []:
            owner, _, output = str(identifier).rpartition("/outputs/")
            job = self._job(workspace, owner.rpartition("/")[2])
            places = Places(self._context, self._context.resources.require(parse(workspace)))
            uri = places.datastore_uri(f"azureml://jobs/{job['name']}/outputs/{output}")
            values[identifier] = {
                "uri": uri,
                "type": job["properties"]["outputs"][output]["jobOutputType"],
            }
        return {"values": values}

    def _job(self, workspace: str, run: str) -> Record:
        job = self._context.resources.get(f"{workspace}/jobs/{run}")
        if job is None:
            raise not_found(f"Run '{run}' was not found.", "UserError")
        return job

    def _detailed(self, job: Record) -> Record:
        properties = job["properties"]
        record = self._store.get(COLLECTION, str(job["id"]).lower()) or {"tags": {}}
        details = {
            "runId": job["name"],
            "status": properties.get("status"),
            "parentRunId": job.get("_parent") or None,
            "properties": properties.get("properties") or {},
            "tags": {**(properties.get("tags") or {}), **record["tags"]},
        }
        error = properties.get("_error") or job.get("_error")
        if error:
            details["error"] = {"error": {"code": error["code"], "message": error["message"]}}
        return details


_KEYS: Final = ("subscription", "group", "workspace")


def _pairs(values: Mapping[str, object]) -> list[dict[str, str]]:
    return [{"key": key, "value": str(value)} for key, value in values.items()]


def _milliseconds() -> int:
    return int(time.time() * 1000)
