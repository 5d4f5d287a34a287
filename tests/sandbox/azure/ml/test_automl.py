"""AutoML over plain REST: estimators are really tried, and the best can be read and used."""

import json
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

from tests.sandbox.azure.cloud_world import ROOT, CloudWorld, eventually
from tests.sandbox.azure.ml.conftest import WORKSPACE
from tests.sandbox.azure.ml.test_jobs import ENDED, _ended, _history, _run

FEATURES = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]


def _table(cloud: CloudWorld) -> str:
    table = pd.read_csv(ROOT / "data" / "penguins.csv")[[*FEATURES, "species"]]
    cloud.upload("tables", "penguins/part.csv", table.to_csv(index=False).encode())
    described = {"paths": [{"file": "./part.csv"}], "transformations": ["read_delimited"]}
    return cloud.upload("tables", "penguins/MLTable", json.dumps(described).encode())


def _job(cloud: CloudWorld, **task: Any) -> dict[str, Any]:
    given = {
        "taskType": "Classification",
        "trainingData": {"jobInputType": "mltable", "uri": _table(cloud).rpartition("/")[0]},
        "targetColumnName": "species",
        "primaryMetric": "Accuracy",
        "limitSettings": {"maxTrials": 3, "maxConcurrentTrials": 2},
        "trainingSettings": {"allowedTrainingAlgorithms": ["LogisticRegression", "KNN"]},
    }
    return {"properties": {"jobType": "AutoML", "taskDetails": {**given, **task}}}


def test_the_best_of_several_estimators_is_found(cloud: CloudWorld, tmp_path: Path) -> None:
    cloud.put(f"{WORKSPACE}/jobs/auto", _job(cloud))
    properties = _ended(cloud, "auto")
    children = _history(cloud, "auto", "children")["value"]
    assert (properties["status"], len(children)) == ("Completed", 3), children
    best = properties["properties"]["automl_best_child_run_id"]
    scores = {
        child["runId"]: {
            m["key"]: m["value"] for m in _run(cloud, child["runId"])["data"]["metrics"]
        }
        for child in children
    }
    assert scores[best]["accuracy"] == max(score["accuracy"] for score in scores.values()) > 0.9
    assert len({child["properties"]["run_algorithm"] for child in children}) == 3
    file = tmp_path / "model.pkl"
    file.write_bytes(cloud.blob("azureml", f"ExperimentRun/dcid.{best}/outputs/model.pkl"))
    row = pd.DataFrame([[39.1, 18.7, 181.0, 3750.0]], columns=FEATURES)
    assert joblib.load(file).predict(row)[0] == "Adelie"
    description = cloud.blob("azureml", f"ExperimentRun/dcid.{best}/outputs/mlflow-model/MLmodel")
    assert b"sklearn" in description


def test_a_table_that_cannot_be_learnt_from_fails_the_job(cloud: CloudWorld) -> None:
    cloud.put(f"{WORKSPACE}/jobs/wrong", _job(cloud, targetColumnName="colour"))
    assert _ended(cloud, "wrong")["status"] == "Failed"
    error = _history(cloud, "wrong", "details")["error"]["error"]["message"]
    assert "no column 'colour'" in error


def test_a_search_is_cancelled(cloud: CloudWorld) -> None:
    cloud.put(f"{WORKSPACE}/jobs/cancelled", _job(cloud))
    eventually(lambda: _history(cloud, "cancelled", "children")["value"])
    cloud.arm("POST", f"{WORKSPACE}/jobs/cancelled/cancel")
    assert _ended(cloud, "cancelled")["status"] == "Canceled"
    children = _history(cloud, "cancelled", "children")["value"]
    eventually(lambda: {child["status"] for child in children} <= ENDED)


def test_other_tasks_are_refused(cloud: CloudWorld) -> None:
    reply = cloud.arm("PUT", f"{WORKSPACE}/jobs/x", _job(cloud, taskType="Forecasting"))
    assert reply.status == 400
    assert "Classification only" in reply.json["error"]["message"]
