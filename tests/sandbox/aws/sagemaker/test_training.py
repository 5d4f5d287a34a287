"""Training jobs created by an unmodified client run the submitted code, as SageMaker would."""

import json
import os
import signal
import time
from typing import Any

import pytest

from sandbox import control
from sandbox.processes import isolation
from tests.sandbox.aws.sagemaker.calls import BUCKET, SageMaker
from tests.sandbox.running import RunningSandbox, eventually

REPORT = """
import json, os, sys, pathlib
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
report = {
    "arguments": sys.argv[1:],
    "environment": dict(os.environ),
    "files": sorted(str(p.relative_to(data)) for p in data.rglob("*") if p.is_file()),
    "cwd": os.getcwd(),
}
pathlib.Path(os.environ["SM_MODEL_DIR"], "report.json").write_text(json.dumps(report))
pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "evaluation.json").write_text("{}")
"""


def report_of(sagemaker: SageMaker, job: dict[str, Any]) -> dict[str, Any]:
    files = sagemaker.files(job["ModelArtifacts"]["S3ModelArtifacts"])
    report: dict[str, Any] = json.loads(files["report.json"])
    return report


def test_a_job_runs_the_script_under_the_script_mode_contract(sagemaker: SageMaker) -> None:
    sagemaker.put("data/train/a.csv", "1")
    sagemaker.put("data/train/deep/b.csv", "2")
    job = sagemaker.train(
        REPORT,
        channels={"train": f"s3://{BUCKET}/data/train/"},
        parameters={"learning_rate": "0.01", "name": '"text"', "batch_size": "32", "x": "raw"},
        Environment={"MINE": "yes"},
    )
    assert job["TrainingJobStatus"] == "Completed", job
    report = report_of(sagemaker, job)
    assert report["arguments"] == [
        "--batch_size", "32", "--learning_rate", "0.01", "--name", "text", "-x", "raw",
    ]  # fmt: skip
    assert report["files"] == ["a.csv", "deep/b.csv"]
    environment = report["environment"]
    assert environment["MINE"] == "yes"
    assert json.loads(environment["SM_HPS"])["learning_rate"] == 0.01
    assert json.loads(environment["SM_HOSTS"]) == ["algo-1"]
    assert environment["SM_CURRENT_HOST"] == "algo-1"
    assert environment["AWS_ENDPOINT_URL"] == sagemaker.sandbox.ready.endpoint_url
    if isolation().mounts:
        assert environment["SM_MODEL_DIR"] == "/opt/ml/model"
        assert report["cwd"] == "/opt/ml/code"
    prefix = f"out/{job['TrainingJobName']}/output"
    assert sagemaker.keys(prefix) == [f"{prefix}/model.tar.gz", f"{prefix}/output.tar.gz"]
    assert sagemaker.files(f"s3://{BUCKET}/{prefix}/output.tar.gz") == {"evaluation.json": "{}"}


def test_a_prefix_is_a_prefix_of_keys_and_not_a_directory(sagemaker: SageMaker) -> None:
    for key in ("prefix/train/a", "prefix/train2/b", "prefix/other/c"):
        sagemaker.put(key, "1")
    job = sagemaker.train(REPORT, channels={"train": f"s3://{BUCKET}/prefix/train"})
    assert report_of(sagemaker, job)["files"] == ["2/b", "a"]


def test_an_isolated_job_has_no_credentials(sagemaker: SageMaker) -> None:
    sagemaker.put("data/one/a", "1")
    job = sagemaker.train(
        REPORT, channels={"train": f"s3://{BUCKET}/data/one"}, EnableNetworkIsolation=True
    )
    environment = report_of(sagemaker, job)["environment"]
    assert not [name for name in environment if name.startswith("AWS_") and name != "AWS_REGION"]


def test_metrics_are_read_from_the_log_and_the_last_value_is_final(sagemaker: SageMaker) -> None:
    job = sagemaker.train(
        "print('epoch=1 accuracy=0.5'); print('epoch=2 accuracy=0.75')",
        metrics=[{"Name": "accuracy", "Regex": "accuracy=([0-9.]+)"}],
    )
    [metric] = job["FinalMetricDataList"]
    assert (metric["MetricName"], metric["Value"]) == ("accuracy", 0.75)
    name = job["TrainingJobName"]
    lines = sagemaker.log("/aws/sagemaker/TrainingJobs", f"{name}/algo-1-")
    assert lines == ["epoch=1 accuracy=0.5", "epoch=2 accuracy=0.75"]
    found = sagemaker.sandbox.client("cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs", MetricName="accuracy"
    )["Metrics"]
    assert {"Name": "Host", "Value": f"{name}/algo-1"} in [m["Dimensions"][0] for m in found]


def test_a_failing_script_fails_the_job_with_the_end_of_its_log(sagemaker: SageMaker) -> None:
    job = sagemaker.train("raise ValueError('no such column: bill')")
    assert job["TrainingJobStatus"] == "Failed"
    assert "ValueError: no such column: bill" in job["FailureReason"]
    assert "ExitCode 1" in job["FailureReason"]


def test_a_failure_file_is_the_reason(sagemaker: SageMaker) -> None:
    job = sagemaker.train(
        "import os; open(os.environ['SM_OUTPUT_DIR']+'/failure','w').write('said so'); exit(3)"
    )
    assert job["FailureReason"].startswith("AlgorithmError: said so, exit code: 3")


def test_statuses_follow_each_other_as_in_the_cloud(sagemaker: SageMaker) -> None:
    job = sagemaker.train("pass")
    transitions = job["SecondaryStatusTransitions"]
    assert [t["Status"] for t in transitions] == [
        "Starting", "Downloading", "Training", "Uploading", "Completed",
    ]  # fmt: skip
    assert all(t["EndTime"] >= t["StartTime"] for t in transitions)


def test_several_instances_are_processes_that_reach_each_other(sagemaker: SageMaker) -> None:
    job = sagemaker.train(
        """
import json, os, socket, pathlib, time
hosts, me = json.loads(os.environ["SM_HOSTS"]), os.environ["SM_CURRENT_HOST"]
if me == hosts[0]:
    with socket.create_server((me, 5999)) as server:
        peer = server.accept()[1][0]
    pathlib.Path(os.environ["SM_MODEL_DIR"], "peer").write_text(peer)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "same").write_text("first")
else:
    for _ in range(100):
        try:
            socket.create_connection((hosts[0], 5999), source_address=(me, 0)); break
        except OSError: time.sleep(0.05)
    pathlib.Path(os.environ["SM_MODEL_DIR"], "same").write_text("second")
""",
        count=2,
        EnableNetworkIsolation=True,
    )
    assert job["TrainingJobStatus"] == "Completed", job
    files = sagemaker.files(job["ModelArtifacts"]["S3ModelArtifacts"])
    assert files["peer"].startswith("127.")
    assert files["same"] == "first"


def test_an_interrupted_spot_job_goes_on_from_its_checkpoint(sagemaker: SageMaker) -> None:
    checkpoints = f"s3://{BUCKET}/checkpoints"
    job = sagemaker.train(
        """
import pathlib, sys, time
path = pathlib.Path("/opt/ml/checkpoints/step")
if not path.parent.exists():
    import os; path = pathlib.Path(os.environ["SM_MODEL_DIR"]).parent / "checkpoints/step"
step = int(path.read_text()) if path.exists() else 0
print("starts at", step, flush=True)
if step: sys.exit(0)
path.write_text("7"); time.sleep(60)
""",
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 120},
        CheckpointConfig={"S3Uri": checkpoints},
        Environment={"SANDBOX_SPOT_INTERRUPT_AFTER": "1"},
    )
    assert job["TrainingJobStatus"] == "Completed", job
    lines = sagemaker.log("/aws/sagemaker/TrainingJobs", job["TrainingJobName"])
    assert lines == ["starts at 0", "starts at 7"]
    assert sagemaker.get(f"{checkpoints}/step") == b"7"
    assert job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]
    again = sagemaker.train("pass", CheckpointConfig={"S3Uri": checkpoints})
    assert again["TrainingJobStatus"] == "Completed"


def test_a_stopped_job_keeps_its_model(sagemaker: SageMaker) -> None:
    request = sagemaker.training_request(
        "import os,time; open(os.environ['SM_MODEL_DIR']+'/m','w').write('half')\n"
        "print('ready', flush=True); time.sleep(60)"
    )
    sagemaker.client.create_training_job(**request)
    name = request["TrainingJobName"]
    log = sagemaker.sandbox.state.jobs / "training" / name / "logs" / "algo-1.log"
    eventually(lambda: log.exists() and "ready" in log.read_text())
    sagemaker.client.stop_training_job(TrainingJobName=name)
    job = sagemaker.wait_for_training(name)
    assert job["TrainingJobStatus"] == "Stopped"
    assert sagemaker.files(job["ModelArtifacts"]["S3ModelArtifacts"]) == {"m": "half"}


def test_a_job_past_its_runtime_is_stopped(sagemaker: SageMaker) -> None:
    began = time.monotonic()
    job = sagemaker.train(
        "import time; time.sleep(60)", StoppingCondition={"MaxRuntimeInSeconds": 1}
    )
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "-no"}, "trainingJobName.*regular expression"),
        ({"RoleArn": "arn:aws:iam::1234:role/too-short-account"}, "roleArn.*pattern"),
        ({"EnableManagedSpotTraining": True}, "MaxWaitTimeInSeconds is required"),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 9, "MaxWaitTimeInSeconds": 8},
            },
            r"greater than or equal to MaxRuntimeInSeconds \[9\], but got \[8\]",
        ),
        (
            {"ResourceConfig": {"InstanceType": "ml.toaster", "InstanceCount": 1}},
            "resourceConfig.instanceType.*enum value set",
        ),
        ({"metrics": [{"Name": "m", "Regex": "("}]}, "Invalid regex"),
    ],
)
def test_a_wrong_request_is_refused_as_the_cloud_does(
    sagemaker: SageMaker, changes: dict[str, Any], message: str
) -> None:
    request = sagemaker.training_request("pass", **changes)
    with pytest.raises(sagemaker.client.exceptions.ClientError, match=message) as caught:
        sagemaker.client.create_training_job(**request)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_a_name_is_used_once(sagemaker: SageMaker) -> None:
    job = sagemaker.train("pass")
    request = sagemaker.training_request("pass", name=job["TrainingJobName"])
    with pytest.raises(sagemaker.client.exceptions.ResourceInUse, match="must be unique"):
        sagemaker.client.create_training_job(**request)


def test_only_an_ended_job_can_be_deleted(sagemaker: SageMaker) -> None:
    request = sagemaker.training_request("import time; time.sleep(60)")
    sagemaker.client.create_training_job(**request)
    name = request["TrainingJobName"]
    with pytest.raises(sagemaker.client.exceptions.ClientError, match="stop it first"):
        sagemaker.client.delete_training_job(TrainingJobName=name)
    sagemaker.client.stop_training_job(TrainingJobName=name)
    sagemaker.wait_for_training(name)
    sagemaker.client.delete_training_job(TrainingJobName=name)
    with pytest.raises(sagemaker.client.exceptions.ClientError, match="not found"):
        sagemaker.client.describe_training_job(TrainingJobName=name)


def test_an_image_the_sandbox_cannot_run_is_named(sagemaker: SageMaker) -> None:
    job = sagemaker.train("pass", image="example.com/my-own:1")
    assert job["TrainingJobStatus"] == "Failed"
    assert "my-own" in job["FailureReason"]
    assert "sagemaker-scikit-learn" in job["FailureReason"]


def test_an_empty_channel_is_named(sagemaker: SageMaker) -> None:
    job = sagemaker.train("pass", channels={"train": f"s3://{BUCKET}/nothing/here/"})
    assert job["TrainingJobStatus"] == "Failed"
    assert "nothing/here/" in job["FailureReason"]


def test_listing_filters_and_tags(sagemaker: SageMaker) -> None:
    done = sagemaker.train("pass", Tags=[{"Key": "a", "Value": "b"}])
    failed = sagemaker.train("exit(1)", name=f"{done['TrainingJobName']}-failed")
    found = sagemaker.client.list_training_jobs(
        NameContains=done["TrainingJobName"], StatusEquals="Failed"
    )["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in found] == [failed["TrainingJobName"]]
    arn = done["TrainingJobArn"]
    sagemaker.client.add_tags(ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    sagemaker.client.delete_tags(ResourceArn=arn, TagKeys=["a"])
    assert sagemaker.client.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]


def test_a_job_cut_off_by_a_kill_is_failed_with_the_reason(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    mine = SageMaker(own_sandbox)
    request = mine.training_request("import time; print('on', flush=True); time.sleep(600)")
    mine.client.create_training_job(**request)
    name = request["TrainingJobName"]
    log = own_sandbox.state.jobs / "training" / name / "logs" / "algo-1.log"
    eventually(lambda: log.exists() and "on" in log.read_text())
    tables = own_sandbox.state.snapshot / "tables.pickle"
    eventually(lambda: tables.exists() and b"Training in progress" in tables.read_bytes())
    os.kill(own_sandbox.ready.pid, signal.SIGKILL)
    eventually(lambda: control.running(own_sandbox.state) is None)
    eventually(lambda: own_sandbox.processes() == [])
    own_sandbox.close_clients()
    own_sandbox.start()
    job = own_sandbox.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert job["TrainingJobStatus"] == "Failed"
    assert "sandbox ended" in job["FailureReason"]


def test_without_namespaces_paths_are_translated(
    own_sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_NAMESPACES", "off")
    own_sandbox.start()
    mine = SageMaker(own_sandbox)
    mine.put("data/train/a.csv", "1")
    job = mine.train(REPORT, channels={"train": f"s3://{BUCKET}/data/train/"})
    assert job["TrainingJobStatus"] == "Completed", job
    report = report_of(mine, job)
    assert report["files"] == ["a.csv"]
    assert report["environment"]["SM_MODEL_DIR"].startswith(str(own_sandbox.state.root))
