"""What azure-ai-ml is asked to do; runs with official_client.lock: python official_client.py WORK.

Writes WORK/found.json: of every step what it found, or its traceback.
"""

import contextlib
import io
import json
import os
import socket
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

IMAGE = "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:1"
TRAINING = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
print("learning from", pathlib.Path(sys.argv[2]).read_text())
(folder / "model.pkl").write_text("learned")
while not pathlib.Path(sys.argv[3]).exists():
    time.sleep(0.1)
print("learned")
"""
SCORING = """
import json
def init():
    global answer
    answer = {"served": True}
def run(data):
    return {**answer, "rows": len(json.loads(data)["data"])}
"""
TRIAL = """
import json, os, sys, urllib.request
rate, size = float(sys.argv[1]), int(sys.argv[2])
url = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
point = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "accuracy", "value": rate * size}
headers = {"Authorization": "Bearer " + os.environ["MLFLOW_TRACKING_TOKEN"]}
urllib.request.urlopen(urllib.request.Request(url, json.dumps(point).encode(), headers)).read()
"""
_STEPS: dict[str, Callable[[Any, Path], Any]] = {}


def step(function: Callable[[Any, Path], Any]) -> Callable[[Any, Path], Any]:
    """Add a step; they run in the order in which they stand."""
    _STEPS[function.__name__] = function
    return function


def resolve_names_below_localhost() -> None:
    """Do for ``*.localhost`` what RFC 6761 asks of resolvers, and not all of them do."""
    ask = socket.getaddrinfo

    def answer(host: Any, *arguments: Any, **options: Any) -> Any:
        local = isinstance(host, str) and host.endswith(".localhost")
        return ask("127.0.0.1" if local else host, *arguments, **options)

    socket.getaddrinfo = answer


@step
def workspace(client: Any, work: Path) -> Any:
    found = client.workspaces.get(client.workspace_name)
    return {"location": found.location, "names": [item.name for item in client.workspaces.list()]}


@step
def environment(client: Any, work: Path) -> Any:
    from azure.ai.ml.entities import Environment

    made = client.environments.create_or_update(Environment(name="client", image=IMAGE))
    again = client.environments.get("client", made.version)
    listed = [item.version for item in client.environments.list("client")]
    return {"version": made.version, "image": again.image, "listed": listed}


@step
def local_data(client: Any, work: Path) -> Any:
    from azure.ai.ml.entities import Data

    (work / "table.csv").write_text("1,2,3,4")
    asset = Data(name="table", version="1", type="uri_file", path=str(work / "table.csv"))
    made = client.data.create_or_update(asset)
    return {"path": made.path, "listed": [item.version for item in client.data.list("table")]}


@step
def running_job(client: Any, work: Path) -> Any:
    from azure.ai.ml import Input, Output, command

    code = work / "code"
    code.mkdir()
    (code / "train.py").write_text(TRAINING)
    job = command(
        name="learning",
        code=str(code),
        command="python train.py ${{outputs.trained}} ${{inputs.table}} ${{inputs.mark}}",
        inputs={
            "table": Input(type="uri_file", path="azureml:table:1"),
            "mark": str(work / "mark"),
        },
        outputs={"trained": Output(type="uri_folder")},
        environment="client@latest",
        experiment_name="official",
    )
    return {"status": client.jobs.create_or_update(job).status}


@step
def same_code(client: Any, work: Path) -> Any:
    """Code that is there already is found by its digest."""
    from azure.ai.ml.entities._assets import Code

    versions = [client._code.create_or_update(Code(path=str(work / "code"))) for _ in range(2)]
    return {"ids": sorted({version.id for version in versions})}


class _Reader(io.StringIO):
    """Lets the job end when its first words have been read."""

    def __init__(self, mark: Path) -> None:
        super().__init__()
        self._mark = mark

    def write(self, text: str) -> int:
        if "learning from" in text:
            self._mark.touch()
        return super().write(text)


@step
def stream(client: Any, work: Path) -> Any:
    said = _Reader(work / "mark")
    with contextlib.redirect_stdout(said):
        client.jobs.stream("learning")
    return {"said": said.getvalue(), "status": client.jobs.get("learning").status}


@step
def jobs(client: Any, work: Path) -> Any:
    return [job.name for job in client.jobs.list()]


@step
def download(client: Any, work: Path) -> Any:
    client.jobs.download("learning", download_path=work / "all", all=True)
    files = (path for path in (work / "all").rglob("*") if path.is_file())
    return sorted(path.relative_to(work / "all").as_posix() for path in files)


@step
def failing_job(client: Any, work: Path) -> Any:
    from azure.ai.ml import command

    job = command(name="failing", command="echo no luck; exit 3", environment="client@latest")
    client.jobs.create_or_update(job)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            client.jobs.stream("failing")
    except Exception as error:  # noqa: BLE001  whatever the client makes of it
        return {"error": str(error), "status": client.jobs.get("failing").status}
    return {}


@step
def model(client: Any, work: Path) -> Any:
    from azure.ai.ml.entities import Model

    path = "azureml://jobs/learning/outputs/trained"
    made = client.models.create_or_update(Model(name="learned", path=path, type="custom_model"))
    client.models.download("learned", made.version, download_path=str(work / "model"))
    files = [path.name for path in (work / "model").rglob("*") if path.is_file()]
    return {"version": made.version, "path": made.path, "files": files}


@step
def local_model(client: Any, work: Path) -> Any:
    from azure.ai.ml.entities import Model

    (work / "model.txt").write_text("by hand")
    path = str(work / "model.txt")
    made = client.models.create_or_update(Model(name="handmade", path=path, type="custom_model"))
    return {"path": made.path, "listed": [item.version for item in client.models.list("handmade")]}


@step
def sweep(client: Any, work: Path) -> Any:
    from azure.ai.ml import command
    from azure.ai.ml.sweep import Choice, LogUniform

    code = work / "trial"
    code.mkdir()
    (code / "trial.py").write_text(TRIAL)
    trial = command(
        code=str(code),
        command="python trial.py ${{inputs.rate}} ${{inputs.size}}",
        inputs={"rate": 0.01, "size": 32},
        environment="client@latest",
    )
    job = trial(rate=LogUniform(-6.9, -2.4), size=Choice([32, 64])).sweep(
        sampling_algorithm="random", primary_metric="accuracy", goal="Maximize", compute="local"
    )
    job.name, job.compute = "swept", None
    job.set_limits(max_total_trials=2, max_concurrent_trials=2)
    client.jobs.create_or_update(job)
    with contextlib.redirect_stdout(io.StringIO()):
        client.jobs.stream("swept")
    found = client.jobs.get("swept")
    return {
        "status": found.status,
        "best": found.properties.get("best_child_run_id"),
        "trials": sorted(child.name for child in client.jobs.list(parent_job_name="swept")),
    }


@step
def endpoint(client: Any, work: Path) -> Any:
    from azure.ai.ml.entities import (
        CodeConfiguration,
        ManagedOnlineDeployment,
        ManagedOnlineEndpoint,
    )

    (work / "serve").mkdir()
    (work / "serve" / "score.py").write_text(SCORING)
    given = ManagedOnlineEndpoint(name="clients-own", auth_mode="key")
    made = client.online_endpoints.begin_create_or_update(given).result()
    client.online_deployments.begin_create_or_update(
        ManagedOnlineDeployment(
            name="blue",
            endpoint_name="clients-own",
            model="azureml:learned:1",
            environment="client@latest",
            code_configuration=CodeConfiguration(
                code=str(work / "serve"), scoring_script="score.py"
            ),
            instance_type="Standard_DS3_v2",
            instance_count=1,
        )
    ).result()
    made.traffic = {"blue": 100}
    client.online_endpoints.begin_create_or_update(made).result()
    request = work / "request.json"
    request.write_text(json.dumps({"data": [[1, 2, 3, 4], [5, 6, 7, 8]]}))
    answer = client.online_endpoints.invoke("clients-own", request_file=str(request))
    keys = client.online_endpoints.get_keys("clients-own")
    logs = client.online_deployments.get_logs("blue", "clients-own", lines=20)
    return {
        "answer": json.loads(answer),
        "keys": [len(keys.primary_key), keys.primary_key != keys.secondary_key],
        "logs": bool(logs),
        "listed": [item.name for item in client.online_endpoints.list()],
    }


@step
def endpoint_deleted(client: Any, work: Path) -> Any:
    client.online_endpoints.begin_delete("clients-own").result()
    return [item.name for item in client.online_endpoints.list()]


def main() -> None:
    resolve_names_below_localhost()
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    work = Path(sys.argv[1])
    place = (os.environ[f"CLIENT_{name}"] for name in ("SUBSCRIPTION", "GROUP", "WORKSPACE"))
    client = MLClient(DefaultAzureCredential(), *place)
    found = {}
    for name, function in _STEPS.items():
        try:
            found[name] = {"found": function(client, work)}
        except Exception:  # noqa: BLE001  one step must not hide the others
            found[name] = {"failed": traceback.format_exc()}
    (work / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
