"""Quotas of machines, as Vertex AI refuses what is beyond them.

The sandbox has no limits of its own (-1, as Service Usage tells it). Like a project in the cloud
it limits itself, by overrides of the Service Usage API: ``POST /v1beta1/projects/P/services/
aiplatform.googleapis.com/consumerQuotaMetrics/METRIC/limits/%2Fproject%2Fregion/
consumerOverrides``.
https://cloud.google.com/service-usage/docs/manage-quota
"""

import re
from collections import Counter

from catalogue.quotas import VERTEX, Use, of_vertex
from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError, invalid, not_found
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import page
from sandbox.router import Request
from sandbox.store import Record

SERVICE = VERTEX
UNIT = "1/{project}/{region}"
LIMIT = "/project/region"
COLLECTION = "vertex quotas"
_METRIC = re.compile(rf"{re.escape(SERVICE)}/custom_model_(training|serving)_\w+")
_BASIC = tuple(
    f"{SERVICE}/custom_model_{use}_cpus" for use in ("serving", "training", "training_preemptible")
)
_PREEMPTIBLE = frozenset({"SPOT", "FLEX_START"})
_ACTIVE = ("JOB_STATE_QUEUED", "JOB_STATE_PENDING", "JOB_STATE_RUNNING", "JOB_STATE_CANCELLING")

Usage = Counter[str]


class Quotas:
    """What projects may use, by metric and region; only overridden metrics have a limit."""

    def __init__(self, context: Context) -> None:
        self._context, self._store = context, context.store
        metrics = f"/v1beta1/projects/{{project}}/services/{SERVICE}/consumerQuotaMetrics"
        base = f"{metrics}/{{metric}}/limits/{{limit}}/consumerOverrides"
        context.route("GET", metrics, self._metrics)
        context.route("GET", f"{metrics}/{{metric}}", self._metric)
        context.route("GET", base, self._list)
        context.route("POST", base, self._create)
        context.route("DELETE", f"{base}/{{id}}", self._delete)

    def refuse_job(self, parent: str, spec: Record, *, times: int = 1) -> None:
        """Refuse a CustomJobSpec, run ``times`` at once, whose machines are too many.

        Raises:
            ApiError: RESOURCE_EXHAUSTED, naming the metrics.
        """
        wanted = _of_job(spec, times)
        exceeded = self._exceeded(parent, wanted, self._training(parent))
        if exceeded:
            raise ApiError(
                "RESOURCE_EXHAUSTED",
                f"The following quota metrics exceed quota limits: {','.join(exceeded)}",
            )

    def refuse_deployment(self, parent: str, deployed: Record) -> None:
        """Refuse a DeployedModel whose replicas, at their most, are too many.

        Raises:
            ApiError: RESOURCE_EXHAUSTED, naming the quotas.
        """
        exceeded = self._exceeded(parent, _of_deployment(deployed), self._serving(parent))
        if exceeded:
            raise ApiError(
                "RESOURCE_EXHAUSTED",
                f"The following quotas are exceeded: {', '.join(map(_limit_name, exceeded))}",
            )

    def _metrics(self, request: Request) -> Record:
        """The metrics of plain machines, and those that are limited."""
        number = self._context.number(request.variables["project"])
        limited = {str(record["metric"]) for record in self._overrides(number)}
        names = sorted({*_BASIC, *limited})
        return page(request, "metrics", [self._described(number, name) for name in names])

    def _metric(self, request: Request) -> Record:
        number = self._context.number(request.variables["project"])
        metric = request.variables["metric"]
        if not _METRIC.fullmatch(metric):
            raise not_found(f"Quota metric {metric}")
        return self._described(number, metric)

    def _overrides(self, number: str) -> list[Record]:
        """A project's overrides; a region's own come after those of all regions."""
        found = [record for _, record in self._store.find(COLLECTION, f"projects/{number}/")]
        return sorted(found, key=lambda record: "region" in record.get("dimensions", {}))

    def _described(self, number: str, metric: str) -> Record:
        """A ConsumerQuotaMetric: what holds in all regions, then the regions with their own."""
        own = [record for record in self._overrides(number) if record["metric"] == metric]
        values = {
            str(record.get("dimensions", {}).get("region", "")): record["overrideValue"]
            for record in own
        }
        buckets = [{"effectiveLimit": values.pop("", "-1"), "defaultLimit": "-1"}]
        buckets += [
            {"effectiveLimit": value, "defaultLimit": "-1", "dimensions": {"region": region}}
            for region, value in sorted(values.items())
        ]
        encoded = metric.replace("/", "%2F")
        name = f"projects/{number}/services/{SERVICE}/consumerQuotaMetrics/{encoded}"
        limit = {
            "name": f"{name}/limits/%2Fproject%2Fregion",
            "unit": UNIT,
            "metric": metric,
            "isPrecise": True,
            "quotaBuckets": buckets,
        }
        return {"name": name, "metric": metric, "unit": UNIT, "consumerQuotaLimits": [limit]}

    def _exceeded(self, parent: str, wanted: Usage, used: Usage) -> list[str]:
        _, number, _, region = parent.split("/")
        limits = {
            record["metric"]: int(record["overrideValue"])
            for record in self._overrides(number)
            if record.get("dimensions", {}).get("region", region) == region
        }
        return sorted(
            metric
            for metric, count in wanted.items()
            if 0 <= limits.get(metric, -1) < used[metric] + count
        )

    def _training(self, parent: str) -> Usage:
        used: Usage = Counter()
        for _, job in self._store.find("vertex customJobs", f"{parent}/"):
            if job["state"] in _ACTIVE:
                used += _of_job(job["jobSpec"], 1)
        for _, job in self._store.find("vertex hyperparameterTuningJobs", f"{parent}/"):
            if job["state"] in _ACTIVE:
                used += _of_job(job["trialJobSpec"], int(job["parallelTrialCount"]))
        return used

    def _serving(self, parent: str) -> Usage:
        used: Usage = Counter()
        for _, endpoint in self._store.find("vertex endpoints", f"{parent}/"):
            for deployed in endpoint.get("deployedModels", []):
                used += _of_deployment(deployed)
        return used

    def _parent(self, request: Request) -> tuple[str, str]:
        metric, limit = request.variables["metric"], request.variables["limit"]
        if not _METRIC.fullmatch(metric) or limit != LIMIT:
            raise not_found(f"Limit {limit} of quota metric {metric}")
        number = self._context.number(request.variables["project"])
        base = f"projects/{number}/services/{SERVICE}/consumerQuotaMetrics"
        encoded = metric.replace("/", "%2F")
        return f"{base}/{encoded}/limits/%2Fproject%2Fregion/consumerOverrides", metric

    def _list(self, request: Request) -> Record:
        parent, _ = self._parent(request)
        return page(request, "overrides", [r for _, r in self._store.find(COLLECTION, parent)])

    def _create(self, request: Request) -> Record:
        parent, metric = self._parent(request)
        given = request.json()
        try:
            value = int(given.get("overrideValue", 0))
        except ValueError as error:
            raise invalid(f"Invalid override_value {given['overrideValue']!r}.") from error
        dimensions = given.get("dimensions", {})
        if value < -1 or set(dimensions) - {"region"}:
            raise invalid("override_value must be at least -1, and dimensions of {region} only.")
        record = {
            "name": f"{parent}/{new_id()}",
            "overrideValue": str(value),
            "dimensions": dimensions,
            "metric": metric,
            "unit": UNIT,
        }
        self._store.put(COLLECTION, record["name"], record)
        return self._operation(record, "api.serviceusage.v1beta1.QuotaOverride")

    def _delete(self, request: Request) -> Record:
        parent, _ = self._parent(request)
        name = f"{parent}/{request.variables['id']}"
        if self._store.get(COLLECTION, name) is None:
            raise not_found(f"Override {name}")
        self._store.delete(COLLECTION, name)
        return self._operation({}, "protobuf.Empty")

    def _operation(self, response: Record, kind: str) -> Record:
        return self._context.operations.start(
            "operations", lambda: response, response_type=f"google.{kind}"
        )


def _of_job(spec: Record, times: int) -> Usage:
    strategy = spec.get("scheduling", {}).get("strategy")
    use: Use = "training_preemptible" if strategy in _PREEMPTIBLE else "training"
    used: Usage = Counter()
    for pool in spec.get("workerPoolSpecs", []):
        count = int(pool.get("replicaCount", 0)) * times
        used.update(_of_machine(pool.get("machineSpec", {}), use, count))
    return used


def _of_deployment(deployed: Record) -> Usage:
    resources = deployed.get("dedicatedResources", {})
    # The cloud counts the most replicas that there may be.
    least = int(resources.get("minReplicaCount", 1))
    count = max(int(resources.get("maxReplicaCount", 0)), least)
    return _of_machine(resources.get("machineSpec", {}), "serving", count)


def _of_machine(machine: Record, use: Use, count: int) -> Usage:
    """Metric and amount of ``count`` machines."""
    found = of_vertex(
        str(machine.get("machineType", "")),
        use,
        str(machine.get("acceleratorType") or ""),
        int(machine.get("acceleratorCount", 0)),
    )
    return Counter({metric: amount * count for metric, amount in found})


def _limit_name(metric: str) -> str:
    """``CustomModelServingCPUsPerProjectPerRegion``: deployments are refused with limits' names."""
    words = metric.rpartition("/")[2].replace("nvidia_", "").split("_")
    spelt = {"cpus": "CPUs", "gpus": "GPUs", "tpu": "TPU"}
    name = "".join(spelt.get(word) or word[0].upper() + word[1:] for word in words)
    return f"{name}PerProjectPerRegion"
