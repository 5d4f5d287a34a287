"""A Glue job runs once per trigger, is taken up after a kill, and explains its failures."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.stub import Stubber

from components.aws.runs.glue_job_run import GlueJobRunHandler
from plugin.handler import OperationInterruptedError, ResourceFailedError
from plugin.values import UNKNOWN

from .conftest import NOW, REGION

Aws = Callable[[str], Stubber]
ARGUMENTS = {"--seed": "42"}
INPUTS: dict[str, Any] = {
    "jobName": "prep",
    "arguments": ARGUMENTS,
    "trigger": "hash-1",
    "processedUri": "s3://data/processed",
    "region": REGION,
    "timeoutMinutes": 10,
}
OUTPUTS: dict[str, Any] = {
    **INPUTS,
    "runId": "jr_1",
    "executionSeconds": 7,
    "logGroup": "/aws-glue/jobs/output",
    "datasets": {},
}
CARRIED = {**ARGUMENTS, "--trigger": "hash-1"}


def run(run_id: str, state: str, **more: Any) -> dict[str, Any]:
    return {"Id": run_id, "JobName": "prep", "JobRunState": state, **more}


def runs(aws: Aws, *found: dict[str, Any], **defaults: str) -> None:
    job = {"Name": "prep", "DefaultArguments": defaults}
    aws("glue").add_response("get_job", {"Job": job}, {"JobName": "prep"})
    aws("glue").add_response("get_job_runs", {"JobRuns": list(found)})


def started(aws: Aws, run_id: str) -> None:
    aws("glue").add_response(
        "start_job_run",
        {"JobRunId": run_id},
        {"JobName": "prep", "Arguments": CARRIED, "Timeout": 10},
    )


def looks(aws: Aws, *found: dict[str, Any]) -> None:
    for record in found:
        aws("glue").add_response(
            "get_job_run", {"JobRun": record}, {"JobName": "prep", "RunId": record["Id"]}
        )


def statistics(aws: Aws, *, there: bool, times: int = 1) -> None:
    where = {"Bucket": "data", "Key": "processed/statistics/statistics.json"}
    for _ in range(times):
        if there:
            aws("s3").add_response("head_object", {}, where)
        else:
            aws("s3").add_client_error("head_object", "404", expected_params=where)


def test_a_new_trigger_starts_a_run_and_waits_for_its_data(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "RUNNING"), run("jr_1", "SUCCEEDED", ExecutionTime=7))
    log_lines("/aws-glue/jobs/output", "jr_1", ["342 rows kept"])
    statistics(aws, there=True)
    resource_id, outputs = GlueJobRunHandler().create(context, INPUTS)
    assert resource_id == "prep/jr_1"
    assert outputs["executionSeconds"] == 7
    assert outputs["datasets"] == {
        "train": "s3://data/processed/train/",
        "validation": "s3://data/processed/validation/",
        "test": "s3://data/processed/test/",
        "statistics": "s3://data/processed/statistics/",
    }
    assert context.said("progress") == ["Glue job prep: running, 0 s, 342 rows kept"]


def test_a_run_under_way_with_the_same_trigger_is_taken_up(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws, run("jr_1", "RUNNING", Arguments=CARRIED, StartedOn=NOW))
    looks(aws, run("jr_1", "SUCCEEDED"))
    statistics(aws, there=True)
    _, outputs = GlueJobRunHandler().create(context, INPUTS)
    assert outputs["runId"] == "jr_1"
    assert "takes up run jr_1" in context.said("info")[0]


def test_the_latest_success_with_the_same_trigger_is_taken_up(aws: Aws, context: Any) -> None:
    runs(aws, run("jr_1", "SUCCEEDED", Arguments=CARRIED, StartedOn=NOW))
    looks(aws, run("jr_1", "SUCCEEDED"))
    statistics(aws, there=True, times=2)
    assert GlueJobRunHandler().create(context, INPUTS)[1]["runId"] == "jr_1"


@pytest.mark.parametrize(
    "earlier",
    [
        {"state": "FAILED"},
        {"state": "SUCCEEDED", "arguments": {**ARGUMENTS, "--trigger": "hash-0"}},
        {"state": "SUCCEEDED", "arguments": {"--seed": "1", "--trigger": "hash-1"}},
        {"state": "RUNNING", "arguments": {**ARGUMENTS, "--trigger": "hash-0"}},
    ],
    ids=["failed", "other trigger", "other arguments", "other trigger under way"],
)
def test_a_run_of_other_inputs_or_a_failed_one_is_not_taken_up(
    aws: Aws, context: Any, earlier: dict[str, Any]
) -> None:
    arguments = earlier.get("arguments", CARRIED)
    runs(aws, run("jr_0", earlier["state"], Arguments=arguments, StartedOn=NOW))
    started(aws, "jr_1")
    looks(aws, run("jr_1", "SUCCEEDED"))
    statistics(aws, there=True)
    assert GlueJobRunHandler().create(context, INPUTS)[1]["runId"] == "jr_1"


def test_an_older_success_is_not_taken_up_since_later_runs_wrote_over_its_data(
    aws: Aws, context: Any
) -> None:
    other = {**CARRIED, "--trigger": "hash-2"}
    later = run("jr_2", "FAILED", Arguments=other, StartedOn=NOW + timedelta(hours=1))
    runs(aws, run("jr_1", "SUCCEEDED", Arguments=CARRIED, StartedOn=NOW), later)
    started(aws, "jr_3")
    looks(aws, run("jr_3", "SUCCEEDED"))
    statistics(aws, there=True)
    assert GlueJobRunHandler().create(context, INPUTS)[1]["runId"] == "jr_3"


def test_a_success_whose_data_is_gone_is_run_again(aws: Aws, context: Any) -> None:
    runs(aws, run("jr_1", "SUCCEEDED", Arguments=CARRIED, StartedOn=NOW))
    statistics(aws, there=False)
    started(aws, "jr_2")
    looks(aws, run("jr_2", "SUCCEEDED"))
    statistics(aws, there=True)
    assert GlueJobRunHandler().create(context, INPUTS)[1]["runId"] == "jr_2"


def test_another_run_of_the_job_is_waited_for_when_glue_takes_no_more(
    aws: Aws, context: Any
) -> None:
    runs(aws)
    aws("glue").add_client_error("start_job_run", "ConcurrentRunsExceededException")
    started(aws, "jr_1")
    looks(aws, run("jr_1", "SUCCEEDED"))
    statistics(aws, there=True)
    GlueJobRunHandler().create(context, INPUTS)
    assert "waiting for another run" in context.said("progress")[0]


def test_a_failed_run_is_explained_with_its_log_and_where_to_look(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "FAILED", ErrorMessage="SystemExit: 2"))
    log_lines("/aws-glue/jobs/output", "jr_1", ["table penguins has no column 'sex2'"])
    log_lines("/aws-glue/jobs/error", "jr_1", [])
    with pytest.raises(ResourceFailedError) as failure:
        GlueJobRunHandler().create(context, INPUTS)
    text = str(failure.value)
    for part in (
        "Glue job prep: run jr_1 ended with FAILED: SystemExit: 2",
        "table penguins has no column 'sex2'",
        "log group /aws-glue/jobs/output",
        "AWS Glue > ETL jobs > prep > Runs > jr_1",
        "`pulumi up`",
    ):
        assert part in text


def test_logs_are_looked_for_where_the_security_configuration_puts_them(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "TIMEOUT", LogGroupName="/aws-glue/jobs-role-configuration/"))
    log_lines("/aws-glue/jobs-role-configuration/output", "jr_1", [])
    log_lines("/aws-glue/jobs-role-configuration/error", "jr_1", [])
    with pytest.raises(ResourceFailedError, match=r"longer than the 10 min 0 s.*raise the limit"):
        GlueJobRunHandler().create(context, INPUTS)


def test_logs_are_looked_for_where_the_jobs_own_arguments_put_them(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws, **{"--custom-logGroup-prefix": "/trimaran/prep"})
    started(aws, "jr_1")
    looks(aws, run("jr_1", "RUNNING"), run("jr_1", "SUCCEEDED"))
    log_lines("/trimaran/prep/output", "jr_1", ["rows"])
    statistics(aws, there=True)
    assert GlueJobRunHandler().create(context, INPUTS)[1]["logGroup"] == "/trimaran/prep/output"


def test_logs_are_looked_for_under_the_security_configurations_name_too(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "FAILED", SecurityConfiguration="own-keys"))
    log_lines("/aws-glue/jobs/output", "jr_1", [])
    log_lines("/aws-glue/jobs/output-own-keys", "jr_1", ["no column 'sex2'"])
    with pytest.raises(ResourceFailedError, match="no column 'sex2'"):
        GlueJobRunHandler().create(context, INPUTS)


def test_a_run_that_is_being_stopped_is_waited_for(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "STOPPING"), run("jr_1", "STOPPED"))
    for part in ("output", "output", "error"):
        log_lines(f"/aws-glue/jobs/{part}", "jr_1", [])
    with pytest.raises(ResourceFailedError, match="STOPPED: somebody stopped it"):
        GlueJobRunHandler().create(context, INPUTS)


def test_a_record_that_lists_the_jobs_defaults_too_is_recognised(aws: Aws, context: Any) -> None:
    listed = {**CARRIED, "--job-language": "python"}
    runs(aws, run("jr_1", "RUNNING", Arguments=listed, StartedOn=NOW))
    looks(aws, run("jr_1", "SUCCEEDED"))
    statistics(aws, there=True)
    assert GlueJobRunHandler().create(context, INPUTS)[1]["runId"] == "jr_1"


def test_a_success_without_data_is_no_success(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "SUCCEEDED"))
    statistics(aws, there=False)
    log_lines("/aws-glue/jobs/output", "jr_1", [])
    log_lines("/aws-glue/jobs/error", "jr_1", [])
    with pytest.raises(ResourceFailedError, match=r"wrote no s3://data/processed/statistics/st"):
        GlueJobRunHandler().create(context, INPUTS)


def test_an_interruption_stops_the_run_that_this_update_started(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws)
    started(aws, "jr_1")
    looks(aws, run("jr_1", "RUNNING"))
    log_lines("/aws-glue/jobs/output", "jr_1", [])
    aws("glue").add_response(
        "batch_stop_job_run",
        {"SuccessfulSubmissions": [], "Errors": []},
        {"JobName": "prep", "JobRunIds": ["jr_1"]},
    )
    with pytest.raises(OperationInterruptedError, match=r"jr_1, which this update.*was stopped"):
        GlueJobRunHandler().create(replace(context, interrupt_after=0), INPUTS)


def test_an_interruption_leaves_a_run_alone_that_was_taken_up(
    aws: Aws, context: Any, log_lines: Callable[..., None]
) -> None:
    runs(aws, run("jr_1", "RUNNING", Arguments=CARRIED, StartedOn=NOW))
    looks(aws, run("jr_1", "RUNNING"))
    log_lines("/aws-glue/jobs/output", "jr_1", [])
    with pytest.raises(OperationInterruptedError, match="goes on"):
        GlueJobRunHandler().create(replace(context, interrupt_after=0), INPUTS)


def test_a_missing_job_is_named_with_what_glue_says(aws: Aws, context: Any) -> None:
    aws("glue").add_client_error("get_job", "EntityNotFoundException", "Job prep not found.")
    with pytest.raises(ResourceFailedError, match=r"Glue job prep: GetJob failed with Entity"):
        GlueJobRunHandler().create(context, INPUTS)


def test_lack_of_permission_says_what_to_grant(aws: Aws, context: Any) -> None:
    aws("glue").add_client_error("get_job", "AccessDeniedException", "it does not exist")
    with pytest.raises(ResourceFailedError, match="Grant the identity that runs Pulumi"):
        GlueJobRunHandler().create(context, INPUTS)


def test_a_changed_setting_without_a_changed_trigger_runs_nothing(aws: Aws, context: Any) -> None:
    outputs = GlueJobRunHandler().update(
        context, "prep/jr_1", OUTPUTS, {**INPUTS, "timeoutMinutes": 20}
    )
    assert outputs["runId"] == "jr_1"


def test_a_changed_trigger_runs_in_place(aws: Aws, context: Any) -> None:
    new = {**INPUTS, "trigger": "hash-2"}
    difference = GlueJobRunHandler().diff(context, "prep/jr_1", INPUTS, new)
    assert difference.changed == {"trigger": "update"}
    assert not difference.replaces
    runs(aws, run("jr_1", "SUCCEEDED", Arguments=CARRIED, StartedOn=NOW))
    aws("glue").add_response("start_job_run", {"JobRunId": "jr_2"})
    looks(aws, run("jr_2", "SUCCEEDED"))
    statistics(aws, there=True)
    assert GlueJobRunHandler().update(context, "prep/jr_1", OUTPUTS, new)["runId"] == "jr_2"


def test_read_keeps_the_resource_as_long_as_its_data_is_there(aws: Aws, context: Any) -> None:
    statistics(aws, there=True)
    state = GlueJobRunHandler().read(context, "prep/jr_1", OUTPUTS, INPUTS)
    assert state is not None
    assert state.outputs == OUTPUTS


def test_read_gives_up_the_resource_when_its_data_is_gone(aws: Aws, context: Any) -> None:
    statistics(aws, there=False)
    assert GlueJobRunHandler().read(context, "prep/jr_1", OUTPUTS, INPUTS) is None


def test_read_without_permission_does_not_pretend_that_the_data_is_gone(
    aws: Aws, context: Any
) -> None:
    aws("s3").add_client_error("head_object", "403", "Forbidden")
    with pytest.raises(ResourceFailedError, match="HeadObject failed with 403"):
        GlueJobRunHandler().read(context, "prep/jr_1", OUTPUTS, INPUTS)


def test_delete_stops_a_run_under_way(aws: Aws, context: Any) -> None:
    looks(aws, run("jr_1", "RUNNING"))
    aws("glue").add_response("batch_stop_job_run", {"Errors": []})
    GlueJobRunHandler().delete(context, "prep/jr_1", OUTPUTS)


def test_delete_of_a_finished_or_forgotten_run_does_nothing(aws: Aws, context: Any) -> None:
    looks(aws, run("jr_1", "SUCCEEDED"))
    GlueJobRunHandler().delete(context, "prep/jr_1", OUTPUTS)
    aws("glue").add_client_error("get_job_run", "EntityNotFoundException")
    GlueJobRunHandler().delete(context, "prep/jr_1", OUTPUTS)


@pytest.mark.parametrize("name", ["seed", "--trigger"])
def test_arguments_that_glue_or_this_resource_would_not_take_are_refused(
    context: Any, name: str
) -> None:
    _, failures = GlueJobRunHandler().check(context, {}, {**INPUTS, "arguments": {name: "1"}})
    assert [failure.property for failure in failures] == [f"arguments.{name}"]


def test_a_preview_knows_the_datasets_but_not_the_run() -> None:
    outputs = GlueJobRunHandler().preview_create(INPUTS)
    assert outputs["datasets"]["train"] == "s3://data/processed/train/"
    assert outputs["runId"] is UNKNOWN
    unknown = GlueJobRunHandler().preview_create({**INPUTS, "processedUri": UNKNOWN})
    assert unknown["datasets"] is UNKNOWN
