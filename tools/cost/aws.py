"""What costs money in AWS, and what does not.

https://aws.amazon.com/sagemaker/pricing/, …/glue/pricing/, …/kms/pricing/, …/cloudwatch/pricing/
"""

from collections.abc import Iterator, Mapping
from typing import Final

from tools.cost.meter import HOURS, UNKNOWN, Charge, Meter, Plan, number
from tools.cost.planned import Planned

# https://docs.aws.amazon.com/glue/latest/dg/add-job.html: a worker of G.1X is one DPU, and so on.
_DPUS: Final = {"G.1X": 1, "G.2X": 2, "G.4X": 4, "G.8X": 8}


def _endpoint(resource: Planned, plan: Plan) -> Iterator[Charge]:
    targets = plan.of("aws:appautoscaling/target:Target")
    for variant in resource.inputs.get("productionVariants") or ():
        if "serverlessConfig" in variant:
            yield Charge(item=UNKNOWN, what="serverless endpoint, by request", quantity=1)
            continue
        count = number(variant.get("initialInstanceCount"), 1)
        ends = f"variant/{variant.get('variantName')}"
        scaled = [t for t in targets if str(t.inputs.get("resourceId")).endswith(ends)]
        least = max([count, *(number(t.inputs.get("minCapacity"), 1) for t in scaled)])
        most = max([least, *(number(t.inputs.get("maxCapacity"), least) for t in scaled)])
        kind = str(variant.get("instanceType"))
        yield Charge(
            item=f"sagemaker/{kind}",
            what=f"endpoint, {least:.0f} × {kind}",
            quantity=least * HOURS,
            most=most * HOURS,
            steady=True,
        )


def _training(resource: Planned, plan: Plan) -> Iterator[Charge]:
    config = resource.inputs.get("resourceConfig") or {}
    kind, count = str(config.get("instanceType")), number(config.get("instanceCount"), 1)
    yield Charge(
        item=f"sagemaker/{kind}",
        what=f"training job, {count:.0f} × {kind}",
        quantity=count * plan.usage.training_minutes / 60,
        per="run",
        spot=bool(resource.inputs.get("enableManagedSpotTraining")),
    )


def _tuning(resource: Planned, plan: Plan) -> Iterator[Charge]:
    job = resource.inputs.get("trainingJobDefinition") or {}
    limits = (resource.inputs.get("config") or {}).get("resourceLimits")
    trials = number((limits or {}).get("maxNumberOfTrainingJobs"), 1)
    config = job.get("resourceConfig") or {}
    kind, count = str(config.get("instanceType")), number(config.get("instanceCount"), 1)
    yield Charge(
        item=f"sagemaker/{kind}",
        what=f"tuning job, {trials:.0f} trials on {count:.0f} × {kind}",
        quantity=trials * count * plan.usage.training_minutes / 60,
        per="run",
        spot=bool(job.get("enableManagedSpotTraining")),
    )


def _glue(resource: Planned, plan: Plan) -> Iterator[Charge]:
    kind = str(resource.inputs.get("workerType"))
    workers = number(resource.inputs.get("numberOfWorkers"), 2)
    item = "glue/dpu" if kind in _DPUS else UNKNOWN
    dpus = workers * _DPUS.get(kind, 1)
    arguments = resource.inputs.get("defaultArguments") or {}
    if "--interval_hours" in arguments:
        # Runs by the clock, however often a model is trained.
        runs = HOURS / number(arguments["--interval_hours"], 24)
        yield Charge(
            item=item,
            what=f"comparisons, {workers:.0f} × {kind}",
            quantity=runs * dpus * plan.usage.monitoring_minutes / 60,
        )
        # The least that is always written; skew and drift of each feature have an alarm each.
        alarms = plan.of("aws:cloudwatch/metricAlarm:MetricAlarm")
        told = {"Skew", "Drift"}
        metrics = 2 + sum(alarm.inputs.get("metricName") in told for alarm in alarms)
        yield Charge(item="cloudwatch/metric", what="custom metrics", quantity=metrics)
        return
    yield Charge(
        item=item,
        what=f"preparation, {workers:.0f} × {kind}",
        quantity=dpus * plan.usage.prep_minutes / 60,
        per="run",
    )


def _vpc_endpoint(resource: Planned, _plan: Plan) -> Iterator[Charge]:
    # Gateway endpoints (S3) cost nothing.
    if resource.inputs.get("vpcEndpointType") == "Interface":
        zones = len(resource.inputs.get("subnetIds") or (1,))
        yield Charge(item="privatelink/endpoint", what="private endpoints", quantity=zones * HOURS)


def _bucket(_resource: Planned, plan: Plan) -> Iterator[Charge]:
    share = plan.share("aws:s3/bucket:Bucket", plan.usage.storage_gb)
    yield Charge(item="s3/standard", what="storage", quantity=share)


def _logs(_resource: Planned, plan: Plan) -> Iterator[Charge]:
    share = plan.share("aws:cloudwatch/logGroup:LogGroup", plan.usage.log_gb_per_month)
    yield Charge(item="cloudwatch/logs", what="logs", quantity=share)


def _commitment(resource: Planned, _plan: Plan) -> Iterator[Charge]:
    # Paid whether it is used or not, upfront or by the hour.
    usd = number(resource.inputs.get("commitment"), 0)
    yield Charge(item=UNKNOWN, what="committed, Savings Plan", quantity=HOURS, usd=usd or None)


def _each(item: str, what: str) -> Meter:
    return lambda _resource, _plan: (Charge(item=item, what=what, quantity=1),)


METERS: Final[Mapping[str, Meter]] = {
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": _endpoint,
    "aws:sagemaker/trainingJob:TrainingJob": _training,
    "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob": _tuning,
    "aws:glue/job:Job": _glue,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _vpc_endpoint,
    "aws:s3/bucket:Bucket": _bucket,
    "aws:cloudwatch/logGroup:LogGroup": _logs,
    "aws:savingsplans/savingsPlan:SavingsPlan": _commitment,
    "aws:kms/key:Key": _each("kms/key", "keys"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _each("cloudwatch/alarm", "alarms"),
    "aws:cloudwatch/dashboard:Dashboard": _each("cloudwatch/dashboard", "dashboard"),
}

# Configuration of something that is metered elsewhere, or free at any use of ours: rights,
# networks without gateways, the catalogue's first million objects, two budgets.
FREE: Final = (
    "aws:iam/",
    "aws:s3/bucket",
    "aws:kms/alias:",
    "aws:kms/keyPolicy:",
    "aws:glue/catalog",
    "aws:glue/connection:",
    "aws:glue/securityConfiguration:",
    "aws:glue/dataCatalogEncryptionSettings:",
    "aws:glue/trigger:",
    "aws:athena/workgroup:",
    "aws:appautoscaling/",
    "aws:budgets/",
    "aws:cloudwatch/logResourcePolicy:",
    "aws:cfg/deliveryChannel:",
    "aws:cfg/recorderStatus:",
    "aws:guardduty/detectorFeature:",
    "aws:ec2/defaultSecurityGroup:",
    "aws:ec2/flowLog:",
    "aws:ec2/route",
    "aws:ec2/securityGroup",
    "aws:ec2/subnet:",
    "aws:ec2/vpc:",
    "aws:vpc/",
    "aws:sagemaker/endpoint:",
    "aws:sagemaker/model:",
    "aws:sns/topic",
    "trimaran:aws:",
)
