"""Model monitoring: requests are really sampled and compared, on schedule and when asked."""

import csv
import io
import json
import os
import random
import shutil
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import JobError
from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import invalid, not_found, precondition
from sandbox.gcp.logs import LogEntries
from sandbox.gcp.paging import apply_mask, masked, page
from sandbox.gcp.recorded.collection import visible
from sandbox.gcp.vertex.divergence import distance
from sandbox.gcp.vertex.files import parse
from sandbox.gcp.vertex.resources import PARENT, Resources
from sandbox.router import Handler, Request
from sandbox.store import Record

# Stands for the interval of every job, for those who cannot wait an hour.
SECONDS_VARIABLE = "SANDBOX_MONITORING_SECONDS"
CHECK_EVERY = 1.0
RUNNING, PAUSED = "JOB_STATE_RUNNING", "JOB_STATE_PAUSED"
SKEW, DRIFT = "RAW_FEATURE_SKEW", "RAW_FEATURE_DRIFT"
_TYPES = {1: SKEW, 2: DRIFT}
_LEAST_SECONDS = 3600.0
_UPDATABLE = {
    "displayName", "modelDeploymentMonitoringObjectiveConfigs", "labels", "logTtl",
    "modelDeploymentMonitoringScheduleConfig", "modelMonitoringAlertConfig",
    "loggingSamplingStrategy", "enableMonitoringPipelineLogs",
}  # fmt: skip
_LOG = "aiplatform.googleapis.com%2Fmodel_monitoring_anomaly"


class Monitoring(Resources):
    """Answers the methods of modelDeploymentMonitoringJobs; is told of every prediction."""

    def __init__(self, context: Context, logs: LogEntries) -> None:
        super().__init__(context, "modelDeploymentMonitoringJobs")
        self._logs = logs
        self._lock = threading.Lock()
        self.routes_to_read()
        base = f"{PARENT}/{self.kind}"
        self.route("POST", base, self._create)
        self.route("PATCH", f"{base}/{{id}}", self._patch)
        self.route("DELETE", f"{base}/{{id}}", self._delete)
        self.route("POST", f"{base}/{{id}}:pause", self._set_state(PAUSED))
        self.route("POST", f"{base}/{{id}}:resume", self._set_state(RUNNING))
        search = "searchModelDeploymentMonitoringStatsAnomalies"
        self.route("POST", f"{base}/{{id}}:{search}", self._search)
        context.every(CHECK_EVERY, "model monitoring", self._run_due)

    def observe(self, endpoint: str, deployed: str, instances: Sequence[Any]) -> None:
        """Keep a share of the instances for the jobs that watch the deployed model."""
        for name, job in self.store.find(self.collection):
            config = _config(job, deployed)
            if job["endpoint"] != endpoint or job["state"] != RUNNING or config is None:
                continue
            rate = float(job["loggingSamplingStrategy"]["randomSampleConfig"]["sampleRate"])
            if random.random() >= rate:  # noqa: S311 - a sample
                continue
            lines = [json.dumps({"time": time.time(), "instance": item}) for item in instances]
            with self._lock:
                file = self._file(name, deployed)
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("a") as stream:
                    stream.write("".join(f"{line}\n" for line in lines))

    def _directory(self, name: str) -> Path:
        return self.context.directory / "monitoring" / name.rsplit("/", 1)[-1]

    def _file(self, name: str, deployed: str) -> Path:
        return self._directory(name) / f"{deployed}.jsonl"

    def _create(self, request: Request) -> Record:
        given = request.json()
        endpoint = self._endpoint(given)
        _check(given, endpoint)
        record = self.new(request, {**given, "endpoint": endpoint["name"]})
        path = f"model_deployment_monitoring_{endpoint['name'].rsplit('/', 1)[-1]}"
        project = self.context.project_id(request.variables["project"])
        table = f"bq://{project}.{path}.serving_predict"
        record.update(
            state=RUNNING,
            scheduleState="RUNNING",
            nextScheduleTime=_after(_interval(record)),
            bigqueryTables=[
                {"logSource": "SERVING", "logType": "PREDICT", "bigqueryTablePath": table}
            ],
            _due=time.time() + _interval(record),
        )
        return visible(self.save(record))

    def _endpoint(self, given: Record) -> Record:
        name = str(given.get("endpoint", ""))
        parts = name.split("/")
        if len(parts) == 6:
            parts[1] = self.context.number(parts[1])
        found = self.store.get("vertex endpoints", "/".join(parts))
        if found is None:
            raise not_found(f"Endpoint {name}")
        return found

    def _patch(self, request: Request) -> Record:
        given = request.json()
        paths = masked(request) or [[key] for key in given if key in _UPDATABLE]
        for path in paths:
            if path[0] not in _UPDATABLE:
                raise invalid(f"Field {path[0]!r} of a monitoring job cannot be updated.")
        with self.store.transaction():
            record = self.find(request)
            apply_mask(record, given, paths)
            _check(record, self._endpoint(record))
            record["_due"] = time.time() + _interval(record)
            record.update(updateTime=now(), nextScheduleTime=_after(_interval(record)))
            self.save(record)
        return self.operation(
            request,
            lambda: visible(record),
            response="ModelDeploymentMonitoringJob",
            metadata="UpdateModelDeploymentMonitoringJobOperationMetadata",
        )

    def _delete(self, request: Request) -> Record:
        record = self.find(request)
        if record["state"] == RUNNING:
            raise precondition(f"{record['name']} is running: pause it before it is deleted.")

        def work() -> None:
            self.store.delete(self.collection, record["name"])
            shutil.rmtree(self._directory(record["name"]), ignore_errors=True)

        return self.deletion(request, work)

    def _set_state(self, state: str) -> Handler:
        def act(request: Request) -> Record:
            record = self.find(request)
            due = time.time() + _interval(record)
            self.change(record["name"], state=state, scheduleState=state[10:], _due=due)
            return {}

        return act

    def _search(self, request: Request) -> Record:
        given = request.json()
        job = self.find(request)
        wanted = [_TYPES.get(item["type"], item["type"]) for item in given.get("objectives", [])]
        found = [
            item
            for item in self._analyse(job)
            if item["deployedModelId"] == given.get("deployedModelId")
            and (not wanted or item["objective"] in wanted)
        ]
        feature = given.get("featureDisplayName")
        for item in found if feature else ():
            kept = [s for s in item["featureStats"] if s["featureDisplayName"] == feature]
            item["featureStats"] = kept
        return page(request, "monitoringStats", found)

    def _run_due(self) -> None:
        for name, job in self.store.find(self.collection):
            if job["state"] != RUNNING or job["_due"] > time.time():
                continue
            interval = _interval(job)
            status: Record = {}
            try:
                self._tell(job, self._analyse(job))
            except JobError as error:
                status = {"code": 3, "message": str(error)}
            self.change(
                name,
                _due=time.time() + interval,
                nextScheduleTime=_after(interval),
                latestMonitoringPipelineMetadata={"runTime": now(), "status": status},
            )

    def _tell(self, job: Record, results: list[Record]) -> None:
        if not job.get("modelMonitoringAlertConfig", {}).get("enableLogging"):
            return
        identifier = job["name"].rsplit("/", 1)[-1]
        project = self.context.project_id(job["name"].split("/")[1])
        kind = "aiplatform.googleapis.com/ModelDeploymentMonitoringJob"
        resource = {"type": kind, "labels": {"model_deployment_monitoring_job": identifier}}
        for result in results:
            if result["anomalyCount"]:
                line = json.dumps({**result, "modelDeploymentMonitoringJob": job["name"]})
                self._logs.write(project, identifier, resource=resource, log=_LOG, line=line)

    def _analyse(self, job: Record) -> list[Record]:
        """Both objectives of each deployed model that is watched.

        Raises:
            JobError: the training table cannot be read.
        """
        found = []
        names = self._names(job)
        interval = _interval(job)
        end = time.time()
        for config in job["modelDeploymentMonitoringObjectiveConfigs"]:
            deployed, wanted = config["deployedModelId"], config.get("objectiveConfig", {})
            window = self._samples(job, deployed, names, end - interval, end)
            skew = wanted.get("trainingPredictionSkewDetectionConfig", {})
            if skew:
                base = self._training(wanted.get("trainingDataset", {}))
                thresholds = _thresholds(skew, "skewThresholds")
                found.append(_result(SKEW, deployed, thresholds, base, window, end, interval))
            drift = wanted.get("predictionDriftDetectionConfig", {})
            if drift:
                base = self._samples(job, deployed, names, end - 2 * interval, end - interval)
                thresholds = _thresholds(drift, "driftThresholds")
                found.append(_result(DRIFT, deployed, thresholds, base, window, end, interval))
        return found

    def _names(self, job: Record) -> list[str]:
        """Names of the values of an instance that is a list: the schema's order."""
        uri = job.get("analysisInstanceSchemaUri")
        if not uri:
            return []
        schema = yaml.safe_load(self._read(uri))
        return [str(name) for name in schema.get("required") or schema.get("properties", {})]

    def _samples(
        self, job: Record, deployed: str, names: Sequence[str], start: float, end: float
    ) -> dict[str, list[object]]:
        values: dict[str, list[object]] = {}
        file = self._file(job["name"], deployed)
        with self._lock:
            lines = file.read_text().splitlines() if file.is_file() else []
        for line in lines:
            sample = json.loads(line)
            if not start < sample["time"] <= end:
                continue
            instance = sample["instance"]
            if isinstance(instance, list):
                instance = dict(zip(names, instance, strict=False))
            for name, value in instance.items() if isinstance(instance, Mapping) else ():
                if value is not None:
                    values.setdefault(name, []).append(value)
        return values

    def _training(self, dataset: Record) -> dict[str, list[object]]:
        if dataset.get("dataFormat", "csv") != "csv" or "gcsSource" not in dataset:
            raise JobError("the sandbox reads a training dataset as CSV in Cloud Storage only")
        values: dict[str, list[object]] = {}
        for uri in dataset["gcsSource"]["uris"]:
            for row in csv.DictReader(io.StringIO(self._read(uri))):
                for name, value in row.items():
                    if name != dataset.get("targetField") and value:
                        values.setdefault(name, []).append(value)
        return values

    def _read(self, uri: str) -> str:
        bucket, name = parse(uri)
        item = self.context.objects.find(bucket, name)
        if item is None:
            raise JobError(f"No such object: {uri}")
        return self.context.objects.bodies.path(item.body).read_text(encoding="utf-8-sig")


def _config(job: Record, deployed: str) -> Record | None:
    for config in job["modelDeploymentMonitoringObjectiveConfigs"]:
        if config["deployedModelId"] == deployed:
            return dict(config)
    return None


def _interval(job: Record) -> float:
    text = str(job["modelDeploymentMonitoringScheduleConfig"]["monitorInterval"])
    asked = max(float(text.removesuffix("s")), _LEAST_SECONDS)
    return float(os.environ.get(SECONDS_VARIABLE, asked))


def _after(seconds: float) -> str:
    moment = datetime.fromtimestamp(time.time() + seconds, tz=UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _thresholds(config: Record, field: str) -> dict[str, float]:
    return {name: float(item.get("value", 0)) for name, item in config.get(field, {}).items()}


def _result(
    objective: str,
    deployed: str,
    thresholds: Mapping[str, float],
    base: Mapping[str, list[object]],
    window: Mapping[str, list[object]],
    end: float,
    interval: float,
) -> Record:
    stats, anomalies = [], 0
    for name, threshold in sorted(thresholds.items()):
        if not base.get(name) or not window.get(name):
            continue  # nothing to compare (yet)
        score = distance(base[name], window[name])
        anomalies += score > threshold
        measured = {
            "score": score,
            "distributionDeviation": score,
            "anomalyDetectionThreshold": threshold,
            "startTime": _after(end - interval - time.time()),
            "endTime": _after(end - time.time()),
        }
        stats.append(
            {
                "featureDisplayName": name,
                "threshold": {"value": threshold},
                "predictionStats": [measured],
            }
        )
    return {
        "objective": objective,
        "deployedModelId": deployed,
        "anomalyCount": anomalies,
        "featureStats": stats,
    }


def _check(given: Record, endpoint: Record) -> None:
    if not given.get("displayName"):
        raise invalid("ModelDeploymentMonitoringJob.display_name is required but missing.")
    configs = given.get("modelDeploymentMonitoringObjectiveConfigs") or []
    if not configs:
        raise invalid("model_deployment_monitoring_objective_configs is required but missing.")
    there = {item["id"] for item in endpoint["deployedModels"]}
    for config in configs:
        if config.get("deployedModelId") not in there:
            raise invalid(
                f"DeployedModel {config.get('deployedModelId')!r} is not deployed to "
                f"{endpoint['name']}."
            )
    if not given.get("modelDeploymentMonitoringScheduleConfig", {}).get("monitorInterval"):
        raise invalid("monitor_interval is required but missing.")
    sampling = given.get("loggingSamplingStrategy", {}).get("randomSampleConfig", {})
    if not 0 < float(sampling.get("sampleRate", 0)) <= 1:
        raise invalid("sample_rate must be above 0 and at most 1.")
