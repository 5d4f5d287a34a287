"""Glue jobs: the script of S3 really runs, and a run's record tells how."""

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.sandbox.aws.lake import Lake
from tests.sandbox.running import eventually

DONE = ("SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT")
ROLE = "arn:aws:iam::123456789012:role/prep"


def make_job(lake: Lake, script: str, **more: Any) -> str:
    location = lake.put("script.py", script)
    command = {"Name": "glueetl", "ScriptLocation": location}
    lake.glue.create_job(
        **{"Name": lake.name, "Role": ROLE, "Command": command, "GlueVersion": "5.0", **more}
    )
    return lake.name


def finished(lake: Lake, run: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        found: dict[str, Any] = lake.glue.get_job_run(JobName=lake.name, RunId=run)["JobRun"]
        return found if found["JobRunState"] in DONE else None

    answer: dict[str, Any] = eventually(look)
    return answer


def run_job(lake: Lake, script: str, **more: Any) -> dict[str, Any]:
    make_job(lake, script, **more)
    return finished(lake, lake.glue.start_job_run(JobName=lake.name)["JobRunId"])


def lines(lake: Lake, group: str, stream: str) -> list[str]:
    answer = lake.sandbox.client("logs").get_log_events(
        logGroupName=group, logStreamName=stream, startFromHead=True
    )
    return [event["message"] for event in answer["events"]]


def test_a_script_gets_merged_arguments_and_its_libraries(lake: Lake) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("shipped/__init__.py", "ANSWER = 42\n")
    library = lake.put("library.zip", archive.getvalue())
    script = (
        "import sys, shipped, boto3\n"
        "given = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "print(given['--table'], given['--mode'], given['--JOB_NAME'], shipped.ANSWER)\n"
        "print(boto3.client('sts').get_caller_identity()['Account'])\n"
    )
    make_job(
        lake,
        script,
        DefaultArguments={"--extra-py-files": library, "--table": "raw", "--mode": "slow"},
    )
    run = lake.glue.start_job_run(JobName=lake.name, Arguments={"--mode": "fast"})["JobRunId"]
    ended = finished(lake, run)
    assert (ended["JobRunState"], ended.get("ErrorMessage")) == ("SUCCEEDED", None)
    assert ended["ExecutionTime"] >= 1
    assert lines(lake, "/aws-glue/jobs/output", run) == [
        f"raw fast {lake.name} 42",
        "123456789012",
    ]


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("raise ValueError('column x is missing')", "ValueError: column x is missing"),
        ("import sys; sys.exit('no rows')", "SystemExit: no rows"),
        ("from awsglue.utils import getResolvedOptions", "has no Spark"),
        ("import os; os._exit(7)", "exit code 7"),
    ],
)
def test_a_failed_run_says_why(lake: Lake, script: str, message: str) -> None:
    ended = run_job(lake, script)
    assert ended["JobRunState"] == "FAILED"
    assert message in ended["ErrorMessage"]
    assert message in lines(lake, "/aws-glue/jobs/error", ended["Id"])[-1]


def test_a_module_that_is_not_there_fails_the_run(lake: Lake) -> None:
    arguments = {"--additional-python-modules": "pandas>=2,no-such-thing==1.0"}
    ended = run_job(lake, "print('never')", DefaultArguments=arguments)
    assert ended["JobRunState"] == "FAILED"
    assert "no-such-thing==1.0 is not installed" in ended["ErrorMessage"]


def test_a_failed_run_is_tried_again(lake: Lake) -> None:
    first = run_job(lake, "raise ValueError", MaxRetries=1)
    again = finished(lake, f"{first['Id']}_attempt_1")
    assert (again["Attempt"], again["PreviousRunId"]) == (1, first["Id"])
    assert len(lake.glue.get_job_runs(JobName=lake.name)["JobRuns"]) == 2


def test_a_run_over_its_time_is_ended(lake: Lake) -> None:
    ended = run_job(lake, "import time; time.sleep(60)", Timeout=1)
    assert ended["JobRunState"] == "TIMEOUT"


def test_a_second_run_is_refused_and_a_running_one_stops(lake: Lake) -> None:
    make_job(lake, "import time; time.sleep(60)")
    run = lake.glue.start_job_run(JobName=lake.name)["JobRunId"]
    with pytest.raises(lake.glue.exceptions.ConcurrentRunsExceededException):
        lake.glue.start_job_run(JobName=lake.name)
    answer = lake.glue.batch_stop_job_run(JobName=lake.name, JobRunIds=[run, "jr_unknown"])
    assert [each["JobRunId"] for each in answer["SuccessfulSubmissions"]] == [run]
    assert [each["JobRunId"] for each in answer["Errors"]] == ["jr_unknown"]
    assert finished(lake, run)["JobRunState"] == "STOPPED"


def test_a_security_configuration_must_exist_and_moves_the_log(lake: Lake) -> None:
    make_job(lake, "print('safe')", SecurityConfiguration=lake.name)
    with pytest.raises(ClientError, match=r"SecurityConfiguration .* not found"):
        lake.glue.start_job_run(JobName=lake.name)
    encryption = {"CloudWatchEncryptionMode": "SSE-KMS", "KmsKeyArn": "arn:aws:kms:::key/k"}
    lake.glue.create_security_configuration(
        Name=lake.name, EncryptionConfiguration={"CloudWatchEncryption": encryption}
    )
    run = lake.glue.start_job_run(JobName=lake.name)["JobRunId"]
    prefix = finished(lake, run)["LogGroupName"]
    assert prefix == f"/aws-glue/jobs-prep-{lake.name}"
    assert lines(lake, f"{prefix}/output", run) == ["safe"]
    groups = lake.sandbox.client("logs").describe_log_groups(logGroupNamePrefix=prefix)
    assert {group["kmsKeyId"] for group in groups["logGroups"]} == {"arn:aws:kms:::key/k"}


def test_a_job_is_created_once_updated_whole_and_deleted_with_its_runs(lake: Lake) -> None:
    ended = run_job(lake, "pass", Description="first", Tags={"owner": "a"})
    with pytest.raises(lake.glue.exceptions.AlreadyExistsException):
        make_job(lake, "pass")
    command = {"Name": "pythonshell", "ScriptLocation": f"s3://{lake.name}/script.py"}
    lake.glue.update_job(JobName=lake.name, JobUpdate={"Role": ROLE, "Command": command})
    job = lake.glue.get_job(JobName=lake.name)["Job"]
    assert job["Command"]["Name"] == "pythonshell"
    assert "Description" not in job
    lake.glue.delete_job(JobName=lake.name)
    make_job(lake, "pass")
    arn = f"arn:aws:glue:us-east-1:123456789012:job/{lake.name}"
    assert lake.glue.get_tags(ResourceArn=arn)["Tags"] == {}
    with pytest.raises(lake.glue.exceptions.EntityNotFoundException):
        lake.glue.get_job_run(JobName=lake.name, RunId=ended["Id"])
