"""A stack that is up: it predicts, it stays as it is, and it survives bad input."""

import io
import json
import re
import tarfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.project import NAME, ROW, Project
from tools import pending

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


@pytest.fixture
def settings(running: Project) -> Iterator[Project]:
    """The running project, whose settings come back after the test."""
    path = running.directory / "Pulumi.local.yaml"
    before = path.read_text()
    yield running
    path.write_text(before)


def test_the_endpoint_tells_species_apart(running: Project) -> None:
    adelie, gentoo = running.predict([ROW, [46.1, 13.2, 211.0, 4500.0]])
    assert (adelie["label"], gentoo["label"]) == ("Adelie", "Gentoo")
    assert sum(adelie["probabilities"].values()) == pytest.approx(1)


def test_gcp_tells_species_apart_as_well(running: Project) -> None:
    prediction = running.predict_in_gcp()
    assert prediction["label"] == "Adelie"
    assert sum(prediction["probabilities"].values()) == pytest.approx(1)


def test_the_dashboard_shows_what_every_cloud_was_asked(running: Project) -> None:
    ran = running.make("dashboard")
    assert ran.status == 0, ran.text
    page = (running.directory / "dashboard-local.html").read_text()
    assert "class=trouble" not in page, page
    for cloud in ("aws", "gcp", "azure"):
        (section,) = re.findall(rf"<section><h2>{cloud}</h2>.*?</section>", page)
        assert " is " in section, "a prediction"
        (asked,) = re.findall(r"Requests in 5 minutes: <b>([\d,]+)</b>", section)
        assert int(asked.replace(",", "")) > 0
        for alarm in ("errors", "latency", "cpu", "idle"):
            assert re.search(rf"</b> {NAME}-{alarm}", section), alarm


def test_the_request_of_the_mission_gets_an_answer(running: Project) -> None:
    (answer,) = running.predict([[1, 2, 3, 4]])
    assert answer["label"] in answer["probabilities"]


def test_the_model_was_trained_and_evaluated_on_the_held_out_split(running: Project) -> None:
    outputs = running.outputs()
    assert 0.9 <= outputs["evaluation"]["accuracy"] <= 1
    job = running.sagemaker.describe_training_job(TrainingJobName=outputs["training_job"])
    metrics = {item["MetricName"]: item["Value"] for item in job["FinalMetricDataList"]}
    assert metrics["test:accuracy"] == pytest.approx(outputs["evaluation"]["accuracy"], abs=1e-3)
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == outputs["model_data_url"]


def test_the_prepared_tables_are_in_the_catalogue_split_70_15_15(running: Project) -> None:
    outputs = running.outputs()
    athena = running.client("athena")
    counts = {}
    for split in ("train", "validation", "test"):
        query = athena.start_query_execution(
            QueryString=f"SELECT count(*) FROM penguins_{split}",
            QueryExecutionContext={"Database": outputs["database"]},
            WorkGroup=outputs["workgroup"],
        )["QueryExecutionId"]
        _wait_for(athena, query)
        rows = athena.get_query_results(QueryExecutionId=query)["ResultSet"]["Rows"]
        counts[split] = int(rows[1]["Data"][0]["VarCharValue"])
    assert sum(counts.values()) == 342
    assert counts["train"] == pytest.approx(0.70 * 342, abs=3)
    assert counts["test"] == pytest.approx(0.15 * 342, abs=3)


def _wait_for(athena: Any, query: str) -> None:
    states = {"QUEUED", "RUNNING"}
    state = "QUEUED"
    while state in states:
        status = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]["Status"]
        state = status["State"]
    assert state == "SUCCEEDED", status


def test_objects_move_between_the_clouds_by_hand(running: Project) -> None:
    source = running.outputs()["buckets"]["raw"]
    target = running.stack.outputs()["gcp"]["buckets"]["processed"]
    s3 = running.client("s3")
    contents = {"moved/one": b"1" * 70_000, "moved/deeper/two": b""}
    for name, body in contents.items():
        s3.put_object(Bucket=source, Key=name, Body=body)
    names = [f"by-hand/{name.removeprefix('moved/')}" for name in contents]
    cloud = running.stack.environ["GOOGLE_CLOUD_ENDPOINT_URL"]
    url = f"{cloud}/storage/v1/b/{target}/o"
    try:
        first = running.make("transfer", f"FROM=s3://{source}/moved", f"TO=gs://{target}/by-hand")
        assert first.status == 0, first.text
        assert "2 copied" in first.text
        for name, body in zip(names, contents.values(), strict=True):
            there = httpx.get(f"{url}/{quote(name, safe='')}", params={"alt": "media"}, timeout=60)
            assert there.content == body, name
        again = running.make("transfer", f"FROM=s3://{source}/moved", f"TO=gs://{target}/by-hand")
        assert "2 skipped" in again.text, again.text
    finally:
        for name in contents:
            s3.delete_object(Bucket=source, Key=name)
        for name in names:
            httpx.delete(f"{url}/{quote(name, safe='')}", timeout=60)


def test_the_doctor_takes_the_stacks_own_for_its_own_and_tells_what_would_stop_it(
    settings: Project,
) -> None:
    quotas = settings.client("service-quotas")
    wanted = "ml.m5.xlarge for training job usage"
    pages = quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker")
    (code,) = [q["QuotaCode"] for page in pages for q in page["Quotas"] if q["QuotaName"] == wanted]
    which = {"ServiceCode": "sagemaker", "QuotaCode": code}
    quotas.request_service_quota_increase(**which, DesiredValue=0)
    settings.configure("aws.training.instance_type", "ml.m5.xlarge")
    try:
        ran = settings.make("doctor", "ARGS=--json", timeout=480)
    finally:
        quotas.request_service_quota_increase(**which, DesiredValue=100)
    findings = json.loads(ran.text[ran.text.index("{") : ran.text.rindex("}") + 1])["findings"]
    failed = [
        (one["cloud"], one["check"], one["thing"]) for one in findings if one["status"] == "FAIL"
    ]
    assert failed == [("aws", "quotas", f"{wanted}: 1 wanted, the limit is 0")], ran.text
    assert ran.status == 2, "make's status where a verb's is 1"
    answered = {(one["cloud"], one["check"]) for one in findings if one["status"] == "OK"}
    assert {("aws", "names"), ("gcp", "names"), ("azure", "names"), ("stack", "state")} <= answered


def test_a_second_up_changes_nothing(running: Project) -> None:
    ran = running.up("--expect-no-changes")
    assert ran.counted("unchanged") > 160


def test_a_refresh_finds_nothing_changed(running: Project) -> None:
    ran = running.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert ran.status == 0, ran.text


def test_whatever_a_killed_run_could_have_created_is_found_again(
    running: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in running.stack.environ.items():
        monkeypatch.setenv(name, value)
    resources = running.stack.export()["deployment"]["resources"]
    kinds = {kind for cloud in pending.CLOUDS for kind in cloud.FINDERS}
    looked_for = [one for one in resources if one["type"] in kinds]
    assert len({one["type"] for one in looked_for}) > 20
    for resource in looked_for:
        # As if the engine knew no more than that it had begun.
        begun = {name: resource[name] for name in ("urn", "type", "inputs", "provider")}
        others = [one for one in resources if one is not resource]
        operations = [{"type": "creating", "resource": begun}]
        state = {"deployment": {"resources": others, "pending_operations": operations}}
        found = pending.found(state)
        assert resource["urn"] in found, resource["urn"]
        existing = found[resource["urn"]]
        assert existing.id == resource["id"]
        assert existing.outputs.items() <= resource["outputs"].items()


def test_a_refresh_and_up_mend_what_somebody_changed_by_hand(running: Project) -> None:
    logs = running.client("logs")
    group = running.outputs()["log_groups"]["serving"]
    logs.delete_retention_policy(logGroupName=group)
    drifted = running.make("drift")
    assert drifted.status != 0
    told = "trimaran-local-serving (aws:cloudwatch/logGroup:LogGroup): changed: retentionInDays"
    assert f"1 of stack local drifted:\n  {told}" in drifted.text, drifted.text
    ran = running.up("--refresh")
    assert ran.counted("updated") == 1, ran.text
    none = running.make("drift")
    assert (none.status, "no drift" in none.text) == (0, True), none.text
    described = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]
    assert described["retentionInDays"] == 365


def test_logs_of_the_jobs_are_readable(running: Project) -> None:
    logs = running.client("logs")
    group = running.outputs()["log_groups"]["training"]
    events = logs.filter_log_events(logGroupName=group)["events"]
    assert any("validation_accuracy=" in event["message"] for event in events)


@pytest.mark.parametrize(
    ("key", "value", "parts"),
    [
        ("aws.servng", {}, ["Pulumi.local.yaml: trimaran:aws.servng is not a setting"]),
        (
            "aws.training.instance_type",
            "ml.m5.huge",
            ["trimaran:aws.training.instance_type = 'ml.m5.huge'", "nearest", "ml.m5.large"],
        ),
        (
            "data.features",
            ["bill_length_mm", "wingspan"],
            ["data/penguins.csv has no column wingspan", "its header names species"],
        ),
    ],
)
def test_a_bad_setting_is_told_before_anything_changes(
    settings: Project, key: str, value: Any, parts: list[str]
) -> None:
    settings.configure(key, value)
    ran = settings.pulumi("up", "--yes", "--skip-preview")
    assert ran.status != 0
    assert [part for part in parts if part not in ran.text] == [], ran.text
    assert "Traceback" not in ran.text
    assert settings.predict()[0]["label"] == "Adelie"


def test_a_model_below_the_bar_is_not_deployed(settings: Project) -> None:
    serving = settings.endpoint()["EndpointConfigName"]
    settings.configure("training.epochs", 1)
    settings.configure("training.learning_rate", 0.0001)
    ran = settings.pulumi("up", "--yes", "--skip-preview")
    assert ran.status != 0
    for part in ("accuracy", "0.9", "trimaran:training.min_accuracy"):
        assert part in ran.text, ran.text
    assert "Traceback" not in ran.text
    assert settings.endpoint()["EndpointConfigName"] == serving
    assert settings.predict()[0]["label"] == "Adelie"
    settings.configure("training.epochs", 40)
    settings.configure("training.learning_rate", 0.05)
    settings.up()
    assert settings.endpoint()["EndpointConfigName"] == serving


def test_a_corrupt_model_is_refused_and_the_old_one_keeps_serving(settings: Project) -> None:
    serving = settings.endpoint()["EndpointConfigName"]
    outputs = settings.outputs()
    bucket, _, key = outputs["model_data_url"].removeprefix("s3://").partition("/")
    s3 = settings.client("s3")
    whole = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    corrupt = "training/corrupt/output/model.tar.gz"
    s3.put_object(Bucket=bucket, Key=corrupt, Body=_with_a_flipped_bit(whole))
    settings.configure(
        "aws.serving.release",
        {"model_data_url": f"s3://{bucket}/{corrupt}", "model_sha256": outputs["model_sha256"]},
    )
    ran = settings.pulumi("up", "--yes", "--skip-preview")
    assert ran.status != 0
    assert "digest" in ran.text.lower() or "sha256" in ran.text.lower(), ran.text
    assert "Traceback" not in ran.text
    assert settings.predict()[0]["label"] == "Adelie"
    settings.configure("aws.serving.release", None)
    settings.up()
    assert settings.endpoint()["EndpointConfigName"] == serving
    assert settings.endpoint()["EndpointStatus"] == "InService"
    s3.delete_object(Bucket=bucket, Key=corrupt)


def _with_a_flipped_bit(archive: bytes) -> bytes:
    """The same archive, whole as an archive, with one bit of the model file turned over."""
    result = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive)) as before,
        tarfile.open(fileobj=result, mode="w:gz") as after,
    ):
        for member in before:
            content = before.extractfile(member)
            data = b"" if content is None else content.read()
            if member.name.endswith("model.joblib"):
                data = data[:-1] + bytes([data[-1] ^ 1])
            after.addfile(member, io.BytesIO(data) if member.isfile() else None)
    return result.getvalue()


def test_the_stack_and_the_log_hold_no_credentials(running: Project) -> None:
    exported = running.pulumi("stack", "export").text
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"):
        assert f'"{running.stack.environ[name]}"' not in exported
        assert name not in exported


def test_the_endpoint_answers_to_its_fixed_name(running: Project) -> None:
    assert running.outputs()["endpoint_name"] == NAME
