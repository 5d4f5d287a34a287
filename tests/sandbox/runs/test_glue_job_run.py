"""Glue runs that really run."""

import threading
from typing import Any

import pytest

from components.aws.runs.glue_job_run import GlueJobRunHandler
from plugin.handler import OperationInterruptedError, ResourceFailedError
from tests.sandbox.aws.lake import Lake
from tests.sandbox.running import eventually
from tests.sandbox.runs.conftest import Operation

PREPARES = """
import sys, boto3
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
bucket, _, prefix = given["--processed_uri"].removeprefix("s3://").partition("/")
print("rows kept:", given["--rows"], flush=True)
boto3.client("s3").put_object(
    Bucket=bucket, Key=f"{prefix}/statistics/statistics.json", Body=given["--rows"].encode()
)
"""
SLEEPS = "import time\nprint('asleep', flush=True)\ntime.sleep(120)\n"
FAILS = "raise SystemExit('table has no column sex2')\n"


def job(lake: Lake, script: str, **defaults: str) -> None:
    lake.glue.create_job(
        Name=lake.name,
        Role="arn:aws:iam::123456789012:role/prep",
        Command={"Name": "glueetl", "ScriptLocation": lake.put("script.py", script)},
        GlueVersion="5.0",
        DefaultArguments=defaults,
    )


def inputs(lake: Lake, trigger: str = "hash-1") -> dict[str, Any]:
    processed = f"s3://{lake.name}/processed"
    return {
        "jobName": lake.name,
        "arguments": {"--rows": "342", "--processed_uri": processed},
        "trigger": trigger,
        "processedUri": processed,
        "timeoutMinutes": 5,
    }


def states(lake: Lake) -> list[str]:
    runs = lake.glue.get_job_runs(JobName=lake.name)["JobRuns"]
    return [run["JobRunState"] for run in runs]


def test_a_job_runs_once_per_trigger(lake: Lake, operation: Operation) -> None:
    job(lake, PREPARES)
    handler = GlueJobRunHandler()
    resource_id, outputs = handler.create(operation.context, inputs(lake))
    assert outputs["executionSeconds"] >= 1
    # As after a killed update: the same creation once more takes up what is there.
    again_id, again = handler.create(operation.context, inputs(lake))
    assert (again_id, again["runId"]) == (resource_id, outputs["runId"])
    changed = handler.update(
        operation.context, resource_id, {**inputs(lake), **outputs}, inputs(lake, "hash-2")
    )
    assert changed["runId"] != outputs["runId"]
    assert states(lake) == ["SUCCEEDED", "SUCCEEDED"]


def test_deleted_data_is_seen_and_made_again(lake: Lake, operation: Operation) -> None:
    job(lake, PREPARES)
    handler = GlueJobRunHandler()
    resource_id, outputs = handler.create(operation.context, inputs(lake))
    full = {**inputs(lake), **outputs}
    assert handler.read(operation.context, resource_id, full, inputs(lake)) is not None
    lake.s3.delete_object(Bucket=lake.name, Key="processed/statistics/statistics.json")
    assert handler.read(operation.context, resource_id, full, inputs(lake)) is None
    assert handler.create(operation.context, inputs(lake))[1]["runId"] != outputs["runId"]


@pytest.mark.parametrize("defaults", [{}, {"--custom-logGroup-prefix": "/own/prep"}])
def test_a_failure_shows_what_the_script_printed(
    lake: Lake, operation: Operation, defaults: dict[str, str]
) -> None:
    job(lake, FAILS, **defaults)
    with pytest.raises(ResourceFailedError) as failure:
        GlueJobRunHandler().create(operation.context, inputs(lake))
    text = str(failure.value)
    assert "ended with FAILED" in text
    assert "table has no column sex2" in text.split("The log ends with")[1]
    assert f"log group {defaults.get('--custom-logGroup-prefix', '/aws-glue/jobs')}/" in text


def test_a_cancelled_update_stops_the_run_it_started(lake: Lake, operation: Operation) -> None:
    job(lake, SLEEPS)

    def cancel() -> None:
        eventually(lambda: "RUNNING" in states(lake))
        operation.context.cancelled.set()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(OperationInterruptedError, match="was stopped"):
        GlueJobRunHandler().create(operation.context, inputs(lake))
    eventually(lambda: states(lake) == ["STOPPED"])


def test_a_run_under_way_is_taken_up_and_stopped_with_the_resource(
    lake: Lake, operation: Operation
) -> None:
    job(lake, SLEEPS)
    arguments = {**inputs(lake)["arguments"], "--trigger": "hash-1"}
    run_id = lake.glue.start_job_run(JobName=lake.name, Arguments=arguments)["JobRunId"]

    def delete() -> None:
        eventually(lambda: any("takes up run" in line for line in operation.lines))
        GlueJobRunHandler().delete(
            operation.context, f"{lake.name}/{run_id}", {**inputs(lake), "runId": run_id}
        )

    threading.Thread(target=delete, daemon=True).start()
    with pytest.raises(ResourceFailedError, match=r"ended with STOPPED"):
        GlueJobRunHandler().create(operation.context, inputs(lake))
    assert states(lake) == ["STOPPED"]


def test_a_second_run_waits_for_its_turn(lake: Lake, operation: Operation) -> None:
    job(lake, PREPARES.replace("import sys", "import time; time.sleep(3)\nimport sys"))
    other = {**inputs(lake)["arguments"], "--trigger": "hash-0"}
    lake.glue.start_job_run(JobName=lake.name, Arguments=other)
    GlueJobRunHandler().create(operation.context, inputs(lake))
    assert any("waiting for another run" in line for line in operation.lines)
    assert states(lake) == ["SUCCEEDED", "SUCCEEDED"]
