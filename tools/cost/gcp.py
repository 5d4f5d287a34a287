"""What costs money in GCP, and what does not.

https://cloud.google.com/vertex-ai/pricing, …/dataflow/pricing, …/storage/pricing, …/kms/pricing
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from catalogue import instances
from tools.cost.meter import HOURS, UNKNOWN, Charge, Meter, Plan, number
from tools.cost.planned import Planned

BUCKET: Final = "gcp:storage/bucket:Bucket"
SINK: Final = "gcp:logging/projectSink:ProjectSink"


def _accelerated(kind: str, accelerator: str, count: float) -> str:
    """The item's name of a machine with GPUs attached; those that bring their own have none."""
    return f"{kind}+{count:.0f}x{accelerator}" if accelerator and count else kind


def _deployment(resource: Planned, _plan: Plan) -> Iterator[Charge]:
    inputs = resource.inputs
    least = number(inputs.get("minReplicas"), 1)
    most = max(least, number(inputs.get("maxReplicas"), least))
    kind = _accelerated(
        str(inputs.get("machineType")),
        str(inputs.get("acceleratorType") or ""),
        number(inputs.get("acceleratorCount"), 0),
    )
    yield Charge(
        item=f"vertex-prediction/{kind}",
        what=f"endpoint, {least:.0f} × {kind}",
        quantity=least * HOURS,
        most=most * HOURS,
        steady=True,
    )


def _pools(spec: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for pool in spec.get("workerPoolSpecs") or ():
        machine = pool.get("machineSpec") or {}
        own = instances("gcp").get(str(machine.get("machineType")))
        attached = not (own and own.accelerator)
        yield (
            _accelerated(
                str(machine.get("machineType")),
                str(machine.get("acceleratorType") or "") if attached else "",
                number(machine.get("acceleratorCount"), 0),
            ),
            number(pool.get("replicaCount"), 1),
        )


def _custom_job(resource: Planned, plan: Plan) -> Iterator[Charge]:
    spec = resource.inputs.get("spec") or {}
    yield from _job(spec, plan, trials=1, what="training job")


def _tuning_job(resource: Planned, plan: Plan) -> Iterator[Charge]:
    spec = resource.inputs.get("spec") or {}
    trials = number(spec.get("maxTrialCount", resource.inputs.get("maxTrialCount")), 1)
    job = spec.get("trialJobSpec") or resource.inputs.get("trialJobSpec") or {}
    yield from _job(job, plan, trials=trials, what=f"tuning job, {trials:.0f} trials")


def _job(spec: Mapping[str, Any], plan: Plan, *, trials: float, what: str) -> Iterator[Charge]:
    spot = (spec.get("scheduling") or {}).get("strategy") == "SPOT"
    pools = list(_pools(spec))
    if not pools:
        yield Charge(item=UNKNOWN, what=what, quantity=1, per="run")
    for kind, count in pools:
        yield Charge(
            item=f"vertex-training/{kind}",
            what=f"{what}, {count:.0f} × {kind}",
            quantity=trials * count * plan.usage.training_minutes / 60,
            per="run",
            spot=spot,
        )


def _dataflow(resource: Planned, plan: Plan) -> Iterator[Charge]:
    options = resource.inputs.get("options") or {}
    if resource.inputs.get("runner") not in (None, "DataflowRunner"):
        return  # runs on the machine of `pulumi up`
    kind = str(options.get("--worker_machine_type", "n1-standard-1"))
    workers = number(options.get("--max_num_workers"), 1)
    machine = instances("gcp").get(kind)
    # Vertex AI has no n1-standard-1, so the catalogue has none either.
    vcpus, memory = (1, 3.75) if kind == "n1-standard-1" else (0, 0.0)
    if machine is not None:
        vcpus, memory = machine.vcpus, machine.memory_gib
    hours = workers * plan.usage.prep_minutes / 60
    what = f"preparation, at most {workers:.0f} × {kind}"
    if not vcpus:
        yield Charge(item=UNKNOWN, what=what, quantity=1, per="run")
        return
    yield Charge(item="dataflow/vcpu", what=what, quantity=hours * vcpus, per="run")
    yield Charge(item="dataflow/memory", what=what, quantity=hours * memory, per="run")


def _bucket(_resource: Planned, plan: Plan) -> Iterator[Charge]:
    share = plan.share(BUCKET, plan.usage.storage_gb)
    yield Charge(item="storage/standard", what="storage", quantity=share)


def _logs(_resource: Planned, plan: Plan) -> Iterator[Charge]:
    share = plan.share(SINK, plan.usage.log_gb_per_month)
    yield Charge(item="logging/ingestion", what="logs", quantity=share)


def _key(_resource: Planned, _plan: Plan) -> Iterator[Charge]:
    # One version in use; older ones cost as much until somebody destroys them.
    yield Charge(item="kms/version", what="keys", quantity=1)


def _schedule(_resource: Planned, _plan: Plan) -> Iterator[Charge]:
    yield Charge(item="scheduler/job", what="schedules", quantity=1)


def _monitoring(_resource: Planned, _plan: Plan) -> Iterator[Charge]:
    # By the GB that is analysed, which no setting tells.
    yield Charge(item=UNKNOWN, what="model monitoring", quantity=1)


METERS: Final[Mapping[str, Meter]] = {
    "trimaran:gcp:Deployment": _deployment,
    "trimaran:gcp:CustomJob": _custom_job,
    "trimaran:gcp:TuningJob": _tuning_job,
    "trimaran:gcp:DataflowRun": _dataflow,
    "trimaran:gcp:ModelMonitoring": _monitoring,
    "gcp:cloudscheduler/job:Job": _schedule,
    BUCKET: _bucket,
    SINK: _logs,
    "gcp:kms/cryptoKey:CryptoKey": _key,
}

# Rights, networks without gateways, empty endpoints, alert policies of one condition, budgets.
FREE: Final = (
    "gcp:billing/",
    "gcp:compute/firewall:",
    "gcp:compute/network:",
    "gcp:compute/subnetwork:",
    "gcp:iam/",
    "gcp:kms/",
    "gcp:logging/project",
    "gcp:monitoring/dashboard:",
    "gcp:monitoring/notificationChannel:",
    "gcp:projects/",
    "gcp:serviceaccount/",
    "gcp:storage/bucket",
    "gcp:storage/transferJob:",
    "gcp:vertex/aiEndpoint:",
    "gcp:vertex/aiEndpointIamMember:",
    "trimaran:gcp:Model",
    "trimaran:gcp:ServiceAgent",
    "trimaran:gcp:TransferRun",
)
