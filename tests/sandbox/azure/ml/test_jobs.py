"""Command and sweep jobs over plain REST."""

import json
from typing import Any

import pytest

from tests.sandbox.azure.cloud_world import CloudWorld, eventually
from tests.sandbox.azure.ml.conftest import WORKSPACE, code

ENVIRONMENT = f"{WORKSPACE}/environments/sklearn/versions/1"
ENDED = {"Completed", "Failed", "Canceled"}
# What a script of anybody's does: reads an input, logs by MLflow's REST API, writes outputs.
SCRIPT = """
import json, os, pathlib, sys, urllib.request
def log(name, value, step=0):
    url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    body = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": name, "value": value, "step": step}
    headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
    urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)).read()
"""
COPY = (
    SCRIPT
    + """
text = pathlib.Path(sys.argv[1], "a.txt").read_text()
print("read", text, sys.argv[3])
pathlib.Path(sys.argv[2], "b.txt").write_text(text.upper())
pathlib.Path("outputs").mkdir()
pathlib.Path("outputs/kept.txt").write_text(os.environ["AZUREML_RUN_ID"])
log("accuracy", 0.5, 1)
log("accuracy", 0.75, 2)
"""
)


def _job(command: str, /, **properties: Any) -> dict[str, Any]:
    spec = {"jobType": "Command", "command": command, "environmentId": ENVIRONMENT}
    return {"properties": {**spec, **properties}}


def _ended(cloud: CloudWorld, name: str) -> dict[str, Any]:
    def end() -> Any:
        found = cloud.get(f"{WORKSPACE}/jobs/{name}")["properties"]
        return found if found["status"] in ENDED else None

    found: dict[str, Any] = eventually(end)
    return found


def _tracking(cloud: CloudWorld, path: str) -> Any:
    """What MLflow's API and the run history answer."""
    headers = {"Authorization": f"Bearer {cloud.token('https://ml.azure.com')}"}
    url = f"{cloud.context.url}{path}"
    return cloud.ask("GET", url, headers=headers).json


def _run(cloud: CloudWorld, name: str) -> Any:
    path = f"/mlflow/v1.0{WORKSPACE}/api/2.0/mlflow/runs/get?run_id={name}"
    return _tracking(cloud, path)["run"]


def _history(cloud: CloudWorld, name: str, what: str) -> Any:
    return _tracking(cloud, f"/history/v1.0{WORKSPACE}/runs/{name}/{what}")


def test_a_command_job_runs_with_inputs_outputs_metrics_and_logs(cloud: CloudWorld) -> None:
    cloud.upload("azureml-data", "in/a.txt", b"hello")
    store = {
        "datastoreType": "AzureBlob",
        "accountName": "mlstore",
        "containerName": "azureml-data",
        "credentials": {"credentialsType": "None"},
    }
    cloud.put(f"{WORKSPACE}/datastores/raw", {"properties": store})
    data = {"dataType": "uri_folder", "dataUri": "azureml://datastores/raw/paths/in/"}
    cloud.put(f"{WORKSPACE}/data/words", {"properties": {"dataType": "uri_folder"}})
    cloud.put(f"{WORKSPACE}/data/words/versions/3", {"properties": data})
    uri = f"azureml:{WORKSPACE}/data/words/versions/3"
    body = _job(
        "python copy.py ${{inputs.words}} ${{outputs.result}} '${{inputs.note}}'",
        codeId=code(cloud, "copying", copy=COPY),
        inputs={
            "words": {"jobInputType": "uri_folder", "uri": uri},
            "note": {"jobInputType": "literal", "value": "a note"},
        },
        outputs={
            "result": {
                "jobOutputType": "uri_folder",
                "uri": "azureml://datastores/raw/paths/out/${{name}}/",
            }
        },
    )
    created = cloud.arm("PUT", f"{WORKSPACE}/jobs/copy-1", body)
    assert (created.status, created.json["properties"]["displayName"]) == (201, "copy-1")
    properties = _ended(cloud, "copy-1")
    log = cloud.blob("azureml", "ExperimentRun/dcid.copy-1/user_logs/std_log.txt").decode()
    assert properties["status"] == "Completed", log
    assert log == "read hello a note\n"
    assert cloud.blob("azureml-data", "out/copy-1/b.txt") == b"HELLO"
    assert cloud.blob("azureml", "ExperimentRun/dcid.copy-1/outputs/kept.txt") == b"copy-1"
    run = _run(cloud, "copy-1")
    assert (run["info"]["status"], run["data"]["metrics"][0]["value"]) == ("FINISHED", 0.75)
    tracking = properties["services"]["Tracking"]["endpoint"]
    assert tracking.startswith(f"azureml://{cloud.context.address}/mlflow/v1.0{WORKSPACE}")
    # The same again is no other job; with other content it is refused.
    assert cloud.arm("PUT", f"{WORKSPACE}/jobs/copy-1", body).status == 200
    body["properties"]["command"] = "true"
    assert cloud.arm("PUT", f"{WORKSPACE}/jobs/copy-1", body).status == 409
    cloud.delete(f"{WORKSPACE}/jobs/copy-1")


def test_a_job_that_fails_says_why(cloud: CloudWorld) -> None:
    cloud.put(f"{WORKSPACE}/jobs/fails", _job("echo the reason >&2; exit 7"))
    assert _ended(cloud, "fails")["status"] == "Failed"
    message = _history(cloud, "fails", "details")["error"]["error"]["message"]
    assert "status code 7" in message
    assert "the reason" in message


def test_a_job_that_runs_is_cancelled(cloud: CloudWorld) -> None:
    path = f"{WORKSPACE}/jobs/long"
    cloud.put(path, _job("echo begun; sleep 600"))
    eventually(lambda: cloud.get(path)["properties"]["status"] == "Running")
    assert cloud.arm("DELETE", path).status == 409
    assert cloud.arm("POST", f"{path}/cancel").status == 202
    assert _ended(cloud, "long")["status"] == "Canceled"
    assert cloud.arm("POST", f"{path}/cancel").status == 200


def test_a_job_ends_at_its_time_limit(cloud: CloudWorld) -> None:
    limits = {"jobLimitsType": "Command", "timeout": "PT1S"}
    cloud.put(f"{WORKSPACE}/jobs/late", _job("sleep 600", limits=limits))
    assert _ended(cloud, "late")["status"] == "Canceled"
    assert "longer than 1 s" in json.dumps(_history(cloud, "late", "details"))


def test_processes_of_a_distribution_know_each_other(cloud: CloudWorld) -> None:
    command = "echo $RANK of $WORLD_SIZE at $MASTER_ADDR:$MASTER_PORT, $NODE_RANK-$LOCAL_RANK"
    distribution = {"distributionType": "PyTorch", "processCountPerInstance": 2}
    body = _job(command, distribution=distribution, resources={"instanceCount": 2})
    cloud.put(f"{WORKSPACE}/jobs/many", body)
    assert _ended(cloud, "many")["status"] == "Completed"
    logs = [
        cloud.blob("azureml", f"ExperimentRun/dcid.many/user_logs/std_log_process_0{rank}.txt")
        for rank in range(4)
    ]
    words = [log.decode().split() for log in logs]
    assert [(word[0], word[2], word[5]) for word in words] == [
        ("0", "4", "0-0"), ("1", "4", "0-1"), ("2", "4", "1-0"), ("3", "4", "1-1"),
    ]  # fmt: skip
    assert len({word[4] for word in words}) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"command": ""}, "command"),
        ({"environmentId": f"{WORKSPACE}/environments/none/versions/1"}, "no environment"),
        ({"limits": {"jobLimitsType": "Command", "timeout": "soon"}}, "duration"),
        ({"computeId": f"{WORKSPACE}/computes/none"}, "compute target"),
        ({"jobType": "Spark"}, "jobType"),
    ],
)
def test_what_is_refused(change: dict[str, Any], words: str, cloud: CloudWorld) -> None:
    reply = cloud.arm("PUT", f"{WORKSPACE}/jobs/refused", _job("true", **change))
    assert reply.status == 400
    assert words in reply.json["error"]["message"]


def test_tracking_wants_a_token(cloud: CloudWorld) -> None:
    url = f"{cloud.context.url}/mlflow/v1.0{WORKSPACE}/api/2.0/mlflow/runs/get?run_id=x"
    assert cloud.ask("GET", url).status == 401


TRIAL = (
    SCRIPT
    + """
import time
rate, size = float(sys.argv[1]), int(sys.argv[2])
if size == 999: sys.exit("no such size")
log("accuracy", 1 - (rate - 0.3) ** 2, 1)
"""
)


def _sweep(cloud: CloudWorld, **properties: Any) -> dict[str, Any]:
    trial = {
        "command": "python trial.py ${{search_space.rate}} ${{search_space.size}}",
        "codeId": code(cloud, "trials", trial=TRIAL),
        "environmentId": ENVIRONMENT,
    }
    spec = {
        "jobType": "Sweep",
        "trial": trial,
        "searchSpace": {"rate": ["uniform", [0.0, 1.0]], "size": ["choice", [[16, 32]]]},
        "samplingAlgorithm": {"samplingAlgorithmType": "Random", "seed": 3},
        "objective": {"goal": "Maximize", "primaryMetric": "accuracy"},
        "limits": {"jobLimitsType": "Sweep", "maxTotalTrials": 4, "maxConcurrentTrials": 2},
    }
    return {"properties": {**spec, **properties}}


def _metric(cloud: CloudWorld, name: str) -> float:
    return float(_run(cloud, name)["data"]["metrics"][0]["value"])


def test_a_sweep_finds_the_best_of_its_trials(cloud: CloudWorld) -> None:
    cloud.put(f"{WORKSPACE}/jobs/search", _sweep(cloud))
    properties = _ended(cloud, "search")
    children = _history(cloud, "search", "children")["value"]
    assert properties["status"] == "Completed", children
    assert [child["status"] for child in children] == ["Completed"] * 4
    best = properties["properties"]["best_child_run_id"]
    metrics = {child["runId"]: _metric(cloud, child["runId"]) for child in children}
    assert metrics[best] == max(metrics.values())
    parameters = cloud.get(f"{WORKSPACE}/jobs/{best}")["properties"]["parameters"]
    assert metrics[best] == pytest.approx(1 - (parameters["rate"] - 0.3) ** 2)
    assert parameters["size"] in (16, 32)
    listed = [job["name"] for job in cloud.get(f"{WORKSPACE}/jobs")["value"]]
    assert "search" in listed
    assert best not in listed
    cloud.delete(f"{WORKSPACE}/jobs/search")
    assert cloud.arm("GET", f"{WORKSPACE}/jobs/{best}").status == 404


def test_trials_that_fail_do_not_end_a_grid_and_none_that_succeeds_does(cloud: CloudWorld) -> None:
    space = {"rate": ["choice", [[0.3]]], "size": ["choice", [[999, 16]]]}
    grid = {"samplingAlgorithmType": "Grid"}
    body = _sweep(cloud, searchSpace=space, samplingAlgorithm=grid)
    cloud.put(f"{WORKSPACE}/jobs/grid", body)
    properties = _ended(cloud, "grid")
    states = [child["status"] for child in _history(cloud, "grid", "children")["value"]]
    assert (properties["status"], states) == ("Completed", ["Failed", "Completed"])
    space["size"] = ["choice", [[999]]]
    cloud.put(
        f"{WORKSPACE}/jobs/hopeless", _sweep(cloud, searchSpace=space, samplingAlgorithm=grid)
    )
    assert _ended(cloud, "hopeless")["status"] == "Failed"
    error = _history(cloud, "hopeless", "details")["error"]["error"]["message"]
    assert "no such size" in error


def test_a_sweep_is_cancelled_with_its_trials(cloud: CloudWorld) -> None:
    body = _sweep(cloud)
    body["properties"]["trial"]["command"] = "sleep 600"
    cloud.put(f"{WORKSPACE}/jobs/stopped", body)
    eventually(lambda: _history(cloud, "stopped", "children")["value"])
    assert cloud.arm("POST", f"{WORKSPACE}/jobs/stopped/cancel").status == 202
    assert _ended(cloud, "stopped")["status"] == "Canceled"
    states = {child["status"] for child in _history(cloud, "stopped", "children")["value"]}
    assert states == {"Canceled"}


@pytest.mark.parametrize(
    "change",
    [
        {"objective": {"goal": "Maximize"}},
        {"searchSpace": {"rate": ["loguniform", [0]]}},
        {"searchSpace": {"rate": ["uniform", [1, 0]]}},
        {"samplingAlgorithm": {"samplingAlgorithmType": "Grid"}},
        {
            "samplingAlgorithm": {"samplingAlgorithmType": "Bayesian"},
            "searchSpace": {"rate": ["loguniform", [-7, -1]]},
        },
        {"earlyTermination": {"policyType": "Bandit"}},
        {"limits": {"jobLimitsType": "Sweep", "maxTotalTrials": 1, "maxConcurrentTrials": 2}},
    ],
)
def test_what_a_sweep_is_refused(change: dict[str, Any], cloud: CloudWorld) -> None:
    assert cloud.arm("PUT", f"{WORKSPACE}/jobs/refused", _sweep(cloud, **change)).status == 400
