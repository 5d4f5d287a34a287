"""Model monitoring on AWS: off until asked for; then a scheduled job with alarms per feature."""

import json
from functools import cache
from typing import Any

import drift_glue
import pytest
from pydantic import ValidationError

from components.aws.monitoring import schedule
from stacks.aws_settings import AwsSettings
from tests.unit.declared import Declaration, declare_aws, settings_of

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
CHANGES: dict[str, Any] = {
    "aws": {
        "monitoring": {
            "skew_threshold": 0.2,
            "feature_thresholds": {"body_mass_g": 0.05},
            "interval_hours": 6,
            "min_rows": 50,
        }
    }
}


@cache
def _declared(stack: str = "prod", preview: bool = False) -> Declaration:
    return declare_aws(stack, CHANGES, preview=preview)


def _features() -> list[str]:
    return list(settings_of("prod").data.features)


@pytest.mark.parametrize("stack", ["local", "prod"])
def test_monitoring_is_off_until_it_is_asked_for(declared: Any, stack: str) -> None:
    declaration = declared(stack, False)
    assert declaration.of("aws:glue/trigger:Trigger") == []
    assert declaration.of("trimaran:aws:Monitoring") == []
    named = {r.token for r in declaration.resources if "monitoring" in r.name}
    assert named <= {"aws:ec2/vpcEndpoint:VpcEndpoint"}  # CloudWatch's API is called so
    assert "monitoring" not in declaration.exports


@pytest.mark.parametrize("preview", [False, True])
def test_a_scheduled_job_compares_what_was_captured_with_the_training_split(preview: bool) -> None:
    declaration = _declared(preview=preview)
    name = "trimaran-prod-monitoring"
    job = declaration.one("aws:glue/job:Job", name)
    prep = declaration.one("aws:glue/job:Job", "trimaran-prod-prep").inputs
    assert "trimaran:aws:Monitoring" in job.parent
    for same in ("securityConfiguration", "connections", "glueVersion"):
        assert job.inputs[same] == prep[same]
    assert job.inputs["roleArn"] != prep["roleArn"] or preview
    trigger = declaration.one("aws:glue/trigger:Trigger", name).inputs
    assert (trigger["type"], trigger["startOnCreation"]) == ("SCHEDULED", True)
    assert trigger["schedule"] == "cron(15 0/6 * * ? *)"
    if preview:
        return
    assert declaration.exports["monitoring"] == name
    assert trigger["actions"] == [{"jobName": name}]
    given = job.inputs["defaultArguments"]
    assert given["--train_uri"] == "s3://trimaran-prod-processed-bucket/penguins/train/"
    assert given["--statistics_uri"] == "s3://trimaran-prod-processed-bucket/penguins/statistics/"
    configuration = declaration.one("aws:sagemaker/endpointConfiguration:EndpointConfiguration")
    captured = configuration.inputs["dataCaptureConfig"]["destinationS3Uri"]
    (variant,) = configuration.inputs["productionVariants"]
    endpoint = declaration.one("aws:sagemaker/endpoint:Endpoint").inputs["name"]
    assert given["--captured_uri"] == f"{captured}/{endpoint}/{variant['variantName']}"
    assert given["--report_uri"] == "s3://trimaran-prod-artefacts-bucket/monitoring"
    thresholds = json.loads(given["--thresholds"])
    assert thresholds["bill_length_mm"] == {"skew": 0.2, "drift": 0.3}
    assert thresholds["body_mass_g"] == {"skew": 0.05, "drift": 0.05}
    assert (given["--min_rows"], given["--interval_hours"]) == ("50", "6")


def test_the_script_takes_the_arguments_that_the_job_gives() -> None:
    given = _declared().one("aws:glue/job:Job", "trimaran-prod-monitoring").inputs
    listed = [text for pair in given["defaultArguments"].items() for text in pair]
    arguments = drift_glue.parse_arguments(listed)
    assert arguments.endpoint == "trimaran-prod"
    assert arguments.lag_minutes == 5
    assert given["command"]["scriptLocation"].endswith("/drift_glue.py")


def test_each_feature_has_an_alarm_of_each_kind_that_keeps_its_state_between_comparisons() -> None:
    declaration = _declared()
    usual = declaration.one(ALARM, "trimaran-prod-errors").inputs["alarmActions"]
    for feature in _features():
        for kind, default in (("skew", 0.2), ("drift", 0.3)):
            alarm = declaration.one(ALARM, f"trimaran-prod-{kind}-{feature}").inputs
            assert alarm["threshold"] == (0.05 if feature == "body_mass_g" else default)
            assert alarm["metricName"] == kind.title()
            assert alarm["dimensions"] == {"EndpointName": "trimaran-prod", "Feature": feature}
            assert alarm["treatMissingData"] == "ignore"
            assert alarm["alarmActions"] == alarm["okActions"] == usual


def test_comparisons_that_stay_away_ring_once_there_had_been_some() -> None:
    alarm = _declared().one(ALARM, "trimaran-prod-monitoring").inputs
    assert alarm["treatMissingData"] == "missing"
    usual = _declared().one(ALARM, "trimaran-prod-errors").inputs["alarmActions"]
    assert alarm["insufficientDataActions"] == usual
    assert alarm["period"] == 6 * 3600
    # The longest span that an alarm can look back.
    assert alarm["period"] * alarm["evaluationPeriods"] <= 7 * 86400


def test_the_role_reads_requests_and_training_and_writes_reports_only() -> None:
    declaration = _declared()
    name = "trimaran-prod-monitoring"
    trust = json.loads(declaration.one("aws:iam/role:Role", name).inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Service": "glue.amazonaws.com"}
    policy = json.loads(declaration.one("aws:iam/rolePolicy:RolePolicy", name).inputs["policy"])
    by_sid = {statement["Sid"]: statement for statement in policy["Statement"]}
    written = [s for s in policy["Statement"] if "s3:PutObject" in s["Action"]]
    assert [s["Resource"] for s in written] == [
        ["arn:aws:s3:::trimaran-prod-artefacts-bucket/monitoring/*"]
    ]
    assert not [s for s in policy["Statement"] if "s3:DeleteObject" in s["Action"]]
    assert not any("raw-bucket" in json.dumps(s) for s in policy["Statement"])
    namespaces = by_sid["WriteMetrics"]["Condition"]["StringLike"]["cloudwatch:namespace"]
    given = declaration.one("aws:glue/job:Job", name).inputs["defaultArguments"]
    assert given["--namespace"] in namespaces
    assert by_sid["WriteLogs"]["Resource"] == [
        f"arn:aws:logs:us-east-1:000000000000:log-group:{given['--custom-logGroup-prefix']}/*:*"
    ]
    assert "FindNetwork" in by_sid


def test_its_logs_have_encrypted_groups_of_their_own_and_its_figures_are_on_the_dashboard() -> None:
    declaration = _declared()
    prefix = "/aws-glue/trimaran-prod-monitoring"
    groups = {
        item.inputs["name"]
        for item in declaration.of("aws:cloudwatch/logGroup:LogGroup")
        if item.inputs["name"].startswith(prefix)
    }
    plain = {f"{prefix}/output", f"{prefix}/error"}
    assert groups == plain | {f"{group}-trimaran-prod" for group in plain}
    assert declaration.exports["log_groups"]["monitoring"] == f"{prefix}/output"
    body = json.loads(declaration.one("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])
    shown = json.dumps(body)
    for feature in _features():
        for kind in ("Skew", "Drift"):
            metric = ["Trimaran/Monitoring", kind, "EndpointName", "trimaran-prod"]
            assert json.dumps([*metric, "Feature", feature]) in shown


def test_everything_of_it_carries_the_tags() -> None:
    own = [r for r in _declared().resources if "Monitoring" in r.parent.rsplit("::", 2)[-2]]
    assert len(own) == 2 + 2 + 2 * len(_features()) + 1  # job, trigger, code, alarms
    for resource in own:
        assert resource.inputs["tags"]["platform"] == "trimaran-prod", resource


@pytest.mark.parametrize(
    ("hours", "expression"), [(1, "cron(15 0/1 * * ? *)"), (24, "cron(15 0 * * ? *)")]
)
def test_an_interval_is_a_schedule_of_every_day(hours: int, expression: str) -> None:
    assert schedule(hours) == expression


def test_a_threshold_of_a_feature_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="wings"):
        declare_aws("local", {"aws": {"monitoring": {"feature_thresholds": {"wings": 0.1}}}})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"serving": {"capture_percent": 0}}, "serving.capture_percent above 0"),
        ({"monitoring": {"interval_hours": 5}}, "interval_hours"),
        ({"monitoring": {"skew_threshold": 1.5}}, "skew_threshold"),
    ],
)
def test_settings_that_could_not_work_are_refused(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        AwsSettings.model_validate({"monitoring": {}, **changes})
