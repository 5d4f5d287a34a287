"""From resources to money: every figure by hand."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pytest

from stacks.settings import Settings
from tools import paths
from tools.cost import table
from tools.cost.estimate import Estimate, Line, estimate
from tools.cost.planned import Planned
from tools.cost.prices import Prices
from tools.cost.report import platform_settings

TODAY = dt.date(2026, 11, 22)


def settings(*clouds: str, budget: float = 1000, **usage: Any) -> Settings:
    known = platform_settings("dev", paths.PROJECT)
    changed = {
        cloud: getattr(known, cloud).model_copy(
            update={"spend": getattr(known, cloud).spend.model_copy(update={"monthly_usd": budget})}
        )
        for cloud in ("aws", "gcp", "azure")
    }
    return known.model_copy(
        update={"clouds": clouds, "usage": known.usage.model_copy(update=usage), **changed}
    )


def resource(token: str, component: str, inputs: Mapping[str, Any], name: str = "x") -> Planned:
    package = token.partition(":")[0]
    cloud = {"azure-native": "azure", "trimaran": token.split(":")[1]}.get(package, package)
    urn = f"urn:pulumi:dev::trimaran::{token}::{name}"
    return Planned(type=token, urn=urn, cloud=cloud, component=component, inputs=inputs)


def estimated(chosen: Settings, *resources: Planned) -> Estimate:
    return estimate(resources, chosen, Prices(today=TODAY))


def only(found: Estimate) -> Line:
    (line,) = found.lines
    return line


ENDPOINT = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
TRAINING = "aws:sagemaker/trainingJob:TrainingJob"
DEPLOYMENT = "trimaran:gcp:Deployment"


def endpoint(kind: str = "ml.m5.xlarge", count: int = 1) -> Planned:
    variant = {"instanceType": kind, "initialInstanceCount": count, "variantName": "AllTraffic"}
    return resource(ENDPOINT, "Serving", {"productionVariants": [variant]})


def test_an_endpoint_runs_all_month_and_scales_to_its_target() -> None:
    target = resource(
        "aws:appautoscaling/target:Target",
        "Serving",
        {"resourceId": "endpoint/a/variant/AllTraffic", "minCapacity": 2, "maxCapacity": 6},
    )
    line = only(estimated(settings("aws"), endpoint(), target))
    assert line.month == pytest.approx(2 * 0.23 * 730)
    assert line.most == pytest.approx(6 * 0.23 * 730)
    assert (line.run, line.spot) == (None, None)


def test_an_instance_without_a_price_is_told_and_never_zero() -> None:
    found = estimated(settings("aws"), endpoint("ml.m4.xlarge"))
    assert only(found).month is None
    assert found.unpriced("aws") == [only(found)]
    text = table.markdown("dev", found, settings("aws").usage, Prices(today=TODAY))
    assert "| Serving | endpoint, 1 × ml.m4.xlarge | no price |" in text
    assert "total at least" in text


def test_a_region_that_the_table_has_not_gets_no_price_of_another() -> None:
    chosen = settings("aws")
    assert chosen.aws is not None
    elsewhere = chosen.model_copy(
        update={"aws": chosen.aws.model_copy(update={"region": "eu-central-1"})}
    )
    assert only(estimated(elsewhere, endpoint())).month is None


def test_runs_cost_by_minute_and_month_by_their_number() -> None:
    job = resource(
        TRAINING,
        "Training",
        {"resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 2}},
    )
    usage = {"training_minutes": 30, "training_runs_per_month": 8}
    line = only(estimated(settings("aws", **usage), job))
    assert line.run == pytest.approx(2 * 0.115 / 2)
    assert line.month == pytest.approx(8 * 2 * 0.115 / 2)


def test_a_search_pays_for_all_its_trials() -> None:
    of_aws = resource(
        "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob",
        "Training",
        {
            "config": {"resourceLimits": {"maxNumberOfTrainingJobs": 20}},
            "trainingJobDefinition": {
                "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1}
            },
        },
    )
    pool = {"machineSpec": {"machineType": "n1-standard-4"}, "replicaCount": 1}
    of_gcp = resource(
        "trimaran:gcp:TuningJob",
        "Training",
        {"maxTrialCount": 20, "trialJobSpec": {"workerPoolSpecs": [pool]}},
    )
    found = estimated(settings("aws", "gcp", training_minutes=60), of_aws, of_gcp)
    assert [line.run for line in found.lines] == pytest.approx([20 * 0.115, 20 * 0.21849885])


def test_what_is_committed_is_paid_every_hour_beside_what_it_covers() -> None:
    plan = resource(
        "aws:savingsplans/savingsPlan:SavingsPlan", "Commitment", {"commitment": "0.5000"}
    )
    chosen = settings("aws")
    found = estimated(chosen, endpoint(), plan)
    (line,) = [line for line in found.lines if line.component == "Commitment"]
    assert line.what.startswith("committed")
    assert line.month == pytest.approx(0.5 * 730)
    assert line.reserved is None
    assert found.month("aws") == pytest.approx((0.5 + 0.23) * 730)
    assert found.unpriced("aws") == []
    text = " ".join(table.notes(found, chosen.usage, Prices(today=TODAY)))
    assert "upper bounds" in text
    alone = estimated(chosen, endpoint())
    assert "upper bounds" not in " ".join(table.notes(alone, chosen.usage, Prices(today=TODAY)))


def test_spot_capacity_is_paid_at_its_price_where_that_is_known() -> None:
    cluster = {"properties": {"vmSize": "Standard_DS3_v2", "vmPriority": "LowPriority"}}
    ml = "azure-native:machinelearningservices"
    compute = resource(f"{ml}:Compute", "Training", {"properties": cluster})
    job = resource(f"{ml}:Job", "Training", {"properties": {"jobType": "Command"}})
    line = only(estimated(settings("azure", training_minutes=60), compute, job))
    assert line.run == pytest.approx(0.035453)
    assert line.what == "training job, 1 × Standard_DS3_v2 (spot)"

    spot = resource(
        TRAINING,
        "Training",
        {
            "enableManagedSpotTraining": True,
            "resourceConfig": {"instanceType": "ml.m5.large", "instanceCount": 1},
        },
    )
    # AWS publishes no spot price: the full one counts.
    line = only(estimated(settings("aws", training_minutes=60), spot))
    assert line.run == pytest.approx(0.115)
    assert line.spot is None


def test_a_machine_with_gpus_attached_is_not_sold_for_the_bare_one() -> None:
    inputs = {"machineType": "n1-standard-4", "minReplicas": 1, "maxReplicas": 1}
    gpu = {"acceleratorType": "NVIDIA_TESLA_T4", "acceleratorCount": 1}
    bare = only(estimated(settings("gcp"), resource(DEPLOYMENT, "Serving", inputs)))
    assert bare.month == pytest.approx(0.219 * 730)
    with_gpu = only(estimated(settings("gcp"), resource(DEPLOYMENT, "Serving", inputs | gpu)))
    assert with_gpu.month is None


def test_comparisons_of_requests_are_paid_by_the_clock_and_their_metrics_by_the_month() -> None:
    job = resource(
        "aws:glue/job:Job",
        "Monitoring",
        {
            "workerType": "G.1X",
            "numberOfWorkers": 2,
            "defaultArguments": {"--interval_hours": "12"},
        },
    )
    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    alarms = [
        resource(token, "Monitoring", {"metricName": name}) for name in ("Skew", "Drift", "Rows")
    ]
    chosen = settings("aws", monitoring_minutes=6, training_runs_per_month=100)
    found = {line.what: line for line in estimated(chosen, job, *alarms).lines}
    assert found["comparisons, 2 × G.1X"].month == pytest.approx(730 / 12 * 2 * 0.1 * 0.44)
    assert found["comparisons, 2 × G.1X"].run is None
    assert found["custom metrics"].month == pytest.approx(4 * 0.3)


def test_dataflow_is_billed_by_processor_and_memory() -> None:
    options = {"--worker_machine_type": "n1-standard-2", "--max_num_workers": "4"}
    job = resource("trimaran:gcp:DataflowRun", "Prep", {"options": options})
    line = only(estimated(settings("gcp", prep_minutes=60), job))
    assert line.run == pytest.approx(4 * (2 * 0.056 + 7.5 * 0.003557))
    local = resource("trimaran:gcp:DataflowRun", "Prep", {"runner": "FnApiRunner"})
    assert estimated(settings("gcp"), local).lines == []


def test_storage_is_shared_out_not_multiplied() -> None:
    buckets = [resource("aws:s3/bucket:Bucket", "Lake", {}, name) for name in "abcd"]
    line = only(estimated(settings("aws", storage_gb=100), *buckets))
    assert line.month == pytest.approx(100 * 0.023)
    assert line.what == "4 × storage"


def test_private_endpoints_are_paid_by_zone_and_gateways_are_free() -> None:
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    interface = {"vpcEndpointType": "Interface", "subnetIds": ["a", "b"]}
    found = estimated(
        settings("aws"),
        resource(token, "Network", interface),
        resource(token, "Network", {"vpcEndpointType": "Gateway"}),
    )
    assert only(found).month == pytest.approx(2 * 0.01 * 730)


def test_what_nobody_has_told_the_price_of_is_listed() -> None:
    found = estimated(settings("aws"), resource("aws:rds/instance:Instance", "stack", {}))
    assert (only(found).what, only(found).month) == ("Instance", None)


def test_a_cloud_over_its_budget_is_named_with_its_dearest_line() -> None:
    container = resource(
        "azure-native:containerinstance:ContainerGroup",
        "Serving",
        {"containers": [{"resources": {"requests": {"cpu": 1, "memoryInGB": 1}}}]},
    )
    found = estimated(settings("aws", "azure", budget=100), endpoint(), container)
    assert found.over == {"aws": pytest.approx(0.23 * 730 - 100)}
    (verdict,) = table.verdicts(found)
    assert "aws is expected to cost 167.90 USD a month, 67.90 above the budget" in verdict
    assert "aws.spend.monthly_usd of 100.00; most of it is endpoint, 1 × ml.m5.xlarge" in verdict
    assert estimated(settings("aws", budget=168), endpoint()).over == {}


def test_other_clouds_resources_are_not_counted() -> None:
    assert estimated(settings("gcp"), endpoint()).lines == []
