"""Training pipelines of AutoML tabular: a real search, a model that really predicts."""

import json
import logging
import math
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.automl.settings import KINDS, OBJECTIVES
from sandbox.errors import JobError
from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import ApiError, invalid, precondition
from sandbox.gcp.vertex import automl_models
from sandbox.gcp.vertex.datasets import Datasets
from sandbox.gcp.vertex.files import download
from sandbox.gcp.vertex.models import Models
from sandbox.gcp.vertex.resources import PARENT, Resources
from sandbox.jobs import Job
from sandbox.processes import Process
from sandbox.router import Request
from sandbox.store import Record

DEFINITION = "gs://google-cloud-aiplatform/schema/trainingjob/definition/automl_tabular_1.0.0.yaml"
FINAL = ("PIPELINE_STATE_SUCCEEDED", "PIPELINE_STATE_FAILED", "PIPELINE_STATE_CANCELLED")
STOPPED = "the sandbox was stopped while the pipeline ran"
# The API takes whole node hours; here a search ends much earlier, SANDBOX_AUTOML_SECONDS says when.
LEAST_BUDGET, MOST_BUDGET = 1000, 72000
SECONDS_VARIABLE = "SANDBOX_AUTOML_SECONDS"
_SECONDS_PER_MILLI_NODE_HOUR = 3.6
_TAIL = 5

log = logging.getLogger(__name__)


class TrainingPipelines(Resources):
    """Answers the methods of trainingPipelines."""

    def __init__(self, context: Context, datasets: Datasets, models: Models) -> None:
        super().__init__(context, "trainingPipelines")
        self._datasets, self._models = datasets, models
        self.routes_to_read()
        base = f"{PARENT}/trainingPipelines"
        self.route("POST", base, self._create)
        self.route("POST", f"{base}/{{id}}:cancel", self._cancel)
        self.route("DELETE", f"{base}/{{id}}", self._delete)
        context.on_start(self._end_interrupted)

    def _end_interrupted(self) -> None:
        for name, record in self.store.find(self.collection):
            if record["state"] not in FINAL:
                self.change(name, **_ended("PIPELINE_STATE_FAILED", (10, STOPPED)))

    def _create(self, request: Request) -> Record:
        given = request.json()
        _check(given)
        identifier = str(given["inputDataConfig"]["datasetId"])
        files = self._datasets.files(self.parent(request), identifier)
        parent_model = given.get("parentModel")
        if parent_model:
            self._models.find_by_name(str(parent_model).split("@", maxsplit=1)[0])
        record = self.new(request, given)
        record["state"] = "PIPELINE_STATE_PENDING"
        self.save(record)
        pipeline = record["name"].rsplit("/", 1)[-1]

        def work(job: Job) -> None:
            self._work(request, record, files, job)

        self.context.jobs.submit(self.kind, pipeline, work)
        return record

    def _cancel(self, request: Request) -> Record:
        with self.store.transaction():
            record = self.find(request)
            if record["state"] in FINAL:
                return {}
            self.change(record["name"], state="PIPELINE_STATE_CANCELLING")
        job = self.context.jobs.find(self.kind, record["name"].rsplit("/", 1)[-1])
        if job is not None:
            job.stop(grace=2)
        return {}

    def _delete(self, request: Request) -> Record:
        record = self.find(request)
        if record["state"] not in FINAL:
            raise precondition(
                f"{record['name']} is in state {record['state']}: cancel it and wait for its end "
                "before it is deleted."
            )
        logs = self.context.jobs.directory / self.kind / record["name"].rsplit("/", 1)[-1]

        def work() -> None:
            self.store.delete(self.collection, record["name"])
            shutil.rmtree(logs, ignore_errors=True)

        return self.deletion(request, work)

    def _work(self, request: Request, record: Record, files: list[str], job: Job) -> None:
        name = record["name"]
        fields: dict[str, Any]
        try:
            self.change(name, state="PIPELINE_STATE_RUNNING", startTime=now())
            result = self._search(record, files, job)
            fields = _stopped(job) if result is None else self._register(request, record, result)
        except JobError as problem:
            fields = _ended("PIPELINE_STATE_FAILED", (3, str(problem)))
        except ApiError as problem:
            fields = _ended("PIPELINE_STATE_FAILED", (9, problem.message))
        except Exception as problem:
            log.exception("training pipeline %s", name)
            reason = (13, f"the sandbox failed: {problem!r}")
            fields = _ended("PIPELINE_STATE_FAILED", reason)
        if fields["state"] != "PIPELINE_STATE_SUCCEEDED":
            shutil.rmtree(automl_models.directory(self.context, name), ignore_errors=True)
        self.change(name, **fields)

    def _search(self, record: Record, files: list[str], job: Job) -> Record | None:
        """The program's result; ``None`` when it was stopped."""
        output = automl_models.directory(self.context, record["name"])
        scratch = job.directory / "run"
        shutil.rmtree(scratch, ignore_errors=True)
        tail: list[str] = []
        try:
            for folder in (output, scratch):
                folder.mkdir(parents=True, exist_ok=True)
            tables = []
            for number, uri in enumerate(files):
                tables.append(scratch / f"table-{number}.csv")
                download(self.context, uri, tables[-1])
            task = _task(record, tables, output)
            (scratch / "task.json").write_text(json.dumps(task))
            process = Process(
                name="automl",
                argv=[*automl_models.program("train"), str(scratch / "task.json")],
                env={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": str(scratch),
                    "LANG": "C.UTF-8",
                    **automl_models.environment(),
                },
                cwd=scratch,
            )
            outcome = job.run([process], on_line=lambda _, line: tail.append(line))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if outcome.stopped or job.stop_requested.is_set():
            return None
        if not outcome.succeeded:
            raise JobError(" | ".join(tail[-_TAIL:]) or "the search ended without a word")
        result: Record = json.loads((output / "result.json").read_text())
        return result

    def _register(self, request: Request, record: Record, result: Record) -> Record:
        inputs = record["trainingTaskInputs"]
        given = {
            **record.get("modelToUpload", {}),
            "trainingPipeline": record["name"],
            "modelSourceInfo": {"sourceType": "AUTOML"},
        }
        given.setdefault("displayName", record["displayName"])
        if "encryptionSpec" in record:
            given.setdefault("encryptionSpec", record["encryptionSpec"])
        version = self._models.add(
            request,
            given,
            model_id=record.get("modelId"),
            parent_model=record.get("parentModel"),
        )
        automl_models.evaluate(
            self.context, version, inputs["predictionType"], result["evaluation"]
        )
        cost = math.ceil(result["seconds"] / _SECONDS_PER_MILLI_NODE_HOUR)
        return {
            **_ended("PIPELINE_STATE_SUCCEEDED"),
            "modelToUpload": {
                **given,
                "name": version["name"],
                "versionId": version["versionId"],
            },
            "trainingTaskMetadata": {"trainCostMilliNodeHours": str(cost)},
        }


def _ended(state: str, error: tuple[int, str] | None = None) -> dict[str, Any]:
    fields: dict[str, Any] = {"state": state, "endTime": now()}
    if error is not None:
        fields["error"] = {"code": error[0], "message": error[1]}
    return fields


def _stopped(job: Job) -> dict[str, Any]:
    if job.interrupted:
        return _ended("PIPELINE_STATE_FAILED", (10, STOPPED))
    return _ended("PIPELINE_STATE_CANCELLED", (1, "CANCELED"))


def _task(record: Record, tables: list[Path], output: Path) -> Record:
    inputs = record["trainingTaskInputs"]
    budget = int(inputs["trainBudgetMilliNodeHours"]) * _SECONDS_PER_MILLI_NODE_HOUR
    return {
        "files": [str(path) for path in tables],
        "target": inputs["targetColumn"],
        "prediction": inputs["predictionType"],
        "objective": inputs.get("optimizationObjective") or "",
        "columns": dict(_column(item) for item in inputs["transformations"]),
        "split": _split(record["inputDataConfig"]),
        "seconds": min(budget, float(os.environ.get(SECONDS_VARIABLE, "60"))),
        "early_stopping": not inputs.get("disableEarlyStopping", False),
        "output": str(output),
    }


def _column(transformation: Mapping[str, Any]) -> tuple[str, str]:
    (kind,) = transformation
    return str(transformation[kind].get("columnName") or transformation[kind]["column_name"]), kind


def _split(data: Record) -> Record:
    if "predefinedSplit" in data:
        return {"column": data["predefinedSplit"]["key"]}
    shares = data.get("fractionSplit") or {}
    if not shares:
        return {}
    return {
        "train": float(shares.get("trainingFraction", 0)),
        "validation": float(shares.get("validationFraction", 0)),
        "test": float(shares.get("testFraction", 0)),
    }


def _check(given: Record) -> None:
    if not given.get("displayName"):
        raise invalid("TrainingPipeline.display_name is required but missing.")
    if given.get("trainingTaskDefinition") != DEFINITION:
        raise ApiError(
            "UNIMPLEMENTED",
            f"The sandbox trains {DEFINITION} only, not {given.get('trainingTaskDefinition')}; "
            "custom code runs as a custom job.",
        )
    data = given.get("inputDataConfig") or {}
    if not data.get("datasetId"):
        raise invalid("input_data_config.dataset_id is required but missing.")
    for split in ("filterSplit", "timestampSplit", "stratifiedSplit"):
        if split in data:
            raise ApiError("UNIMPLEMENTED", f"The sandbox does not split by {split}.")
    shares = _split(data)
    total = sum(value for value in shares.values() if isinstance(value, float))
    if shares and "column" not in shares and not math.isclose(total, 1.0, abs_tol=1e-6):
        raise invalid(f"The fractions of the split must add up to 1, but are {total:g}.")
    _check_inputs(given.get("trainingTaskInputs") or {})


def _check_inputs(inputs: Record) -> None:
    prediction = str(inputs.get("predictionType"))
    if prediction not in OBJECTIVES:
        raise invalid(f"predictionType must be one of {', '.join(OBJECTIVES)}.")
    if not inputs.get("targetColumn"):
        raise invalid("targetColumn is required but missing.")
    objective = inputs.get("optimizationObjective")
    if objective and objective not in OBJECTIVES[prediction]:
        known = ", ".join(OBJECTIVES[prediction])
        raise invalid(f"optimizationObjective {objective!r} is not one that is known: {known}.")
    budget = int(inputs.get("trainBudgetMilliNodeHours") or 0)
    if not LEAST_BUDGET <= budget <= MOST_BUDGET:
        raise invalid(
            f"trainBudgetMilliNodeHours must be between {LEAST_BUDGET} and {MOST_BUDGET}, but is "
            f"{budget}."
        )
    if inputs.get("weightColumnName"):
        raise ApiError("UNIMPLEMENTED", "The sandbox knows no weightColumnName.")
    transformations = inputs.get("transformations") or []
    if not transformations:
        raise invalid("transformations must have at least one entry.")
    for item in transformations:
        if len(item) != 1 or next(iter(item)) not in KINDS:
            raise ApiError(
                "UNIMPLEMENTED",
                f"The sandbox knows the transformations {', '.join(KINDS)}, not {list(item)}.",
            )
        if _column(item)[0] == inputs["targetColumn"]:
            raise invalid("The target column must not be transformed.")
