"""Models that AutoML made: their files, which are the service's own, and their evaluations."""

import shutil
import sys
from pathlib import Path
from typing import Any

import sandbox
from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import not_found
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import page
from sandbox.router import Request
from sandbox.store import Record

ROOT = Path(sandbox.__file__).resolve().parents[1]
EVALUATIONS = "vertex evaluations"
SCHEMAS = {
    "classification": "gs://google-cloud-aiplatform/schema/modelevaluation/"
    "classification_metrics_1.0.0.yaml",
    "regression": "gs://google-cloud-aiplatform/schema/modelevaluation/"
    "regression_metrics_1.0.0.yaml",
}


def program(module: str) -> list[str]:
    """The command line of a program of :mod:`sandbox.automl`."""
    return [sys.executable, "-m", f"sandbox.automl.{module}"]


def environment() -> dict[str, str]:
    """What such a program needs; one thread, since other jobs run at the same time."""
    return {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def directory(context: Context, pipeline: str) -> Path:
    """Where the files of a training pipeline's model are."""
    return context.directory / "automl" / pipeline.rsplit("/", 1)[-1]


def files_of(context: Context, version: Record) -> Path | None:
    """The files of a version that AutoML made; ``None`` for one that was uploaded."""
    if "containerSpec" in version or "trainingPipeline" not in version:
        return None
    return directory(context, version["trainingPipeline"])


def evaluate(context: Context, version: Record, prediction: str, metrics: dict[str, Any]) -> None:
    """Record a version's evaluation."""
    name = f"{version['name']}/evaluations/{new_id()}"
    moment = now()
    record = {
        "name": name,
        "displayName": "AutoML",
        "metricsSchemaUri": SCHEMAS[prediction],
        "metrics": metrics,
        "createTime": moment,
        "_version": version["versionId"],
    }
    context.store.put(EVALUATIONS, name, record)


def evaluations(context: Context, version: Record) -> list[Record]:
    """A version's evaluations."""
    found = context.store.find(EVALUATIONS, f"{version['name']}/evaluations/")
    return [record for _, record in found if record["_version"] == version["versionId"]]


def forget(context: Context, version: Record) -> None:
    """Remove what belongs to a version that is deleted."""
    for record in evaluations(context, version):
        context.store.delete(EVALUATIONS, record["name"])
    found = files_of(context, version)
    if found is not None:
        shutil.rmtree(found, ignore_errors=True)


def listing(context: Context, request: Request, version: Record) -> Record:
    """``models.evaluations.list``."""
    shown = [_visible(record) for record in evaluations(context, version)]
    return page(request, "modelEvaluations", shown)


def one(context: Context, version: Record, identifier: str) -> Record:
    """``models.evaluations.get``.

    Raises:
        ApiError: there is none.
    """
    name = f"{version['name']}/evaluations/{identifier}"
    record = context.store.get(EVALUATIONS, name)
    if record is None:
        raise not_found(name)
    return _visible(record)


def _visible(record: Record) -> Record:
    return {key: value for key, value in record.items() if not key.startswith("_")}
