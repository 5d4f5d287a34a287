"""SageMaker's quotas of instances, as the service refuses what is beyond them.

An account begins with :data:`DEFAULT` instances of every type and use, and sets other limits
through Service Quotas (:mod:`sandbox.aws.servicequotas`).
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from botocore.loaders import Loader

from catalogue.quotas import Use, of_sagemaker
from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.sagemaker.records import Record

DEFAULT = 100
TABLE = "sagemaker.quotas"
_SHAPES: dict[Use, str] = {
    "training": "TrainingInstanceType",
    "training_preemptible": "TrainingInstanceType",
    "serving": "ProductionVariantInstanceType",
}


@cache
def names() -> tuple[str, ...]:
    """The names of all quotas: one for every type and use."""
    shapes = Loader().load_service_model("sagemaker", "service-2")["shapes"]
    return tuple(
        sorted(
            of_sagemaker(kind, use)
            for use, shape in _SHAPES.items()
            for kind in shapes[shape]["enum"]
        )
    )


class Limits:
    """What the accounts may use, by region and quota."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def of(self, account: str, region: str, name: str) -> int:
        """A quota's limit, in instances."""
        found: int = self._context.table(TABLE).get(f"{account}/{region}/{name}", DEFAULT)
        return found

    def change(self, account: str, region: str, name: str, limit: int) -> None:
        """Set a quota's limit."""
        self._context.table(TABLE)[f"{account}/{region}/{name}"] = limit
        self._context.changed()

    def refuse_training(
        self, call: Call, definition: Record, running: Iterable[Record], *, times: int = 1
    ) -> None:
        """Refuse a job, run ``times`` at once, whose instances are too many.

        Args:
            definition: with the members of CreateTrainingJob.
            running: the account's jobs in the region that have not ended.

        Raises:
            Refusal: ResourceLimitExceeded.
        """
        wanted = _of_job(definition)
        if wanted is None:
            return  # instance groups, which nothing here counts
        used = sum(one[1] for job in running if (one := _of_job(job)) and one[0] == wanted[0])
        self._refuse(call, wanted[0], used, wanted[1] * times)

    def refuse_endpoint(self, call: Call, wanted: Iterable[Any], used: Iterable[Any]) -> None:
        """Refuse variants whose instances, beside those that there are, are too many.

        Raises:
            Refusal: ResourceLimitExceeded.
        """
        there = _of_variants(used)
        for name, count in _of_variants(wanted).items():
            self._refuse(call, name, there.get(name, 0), count)

    def _refuse(self, call: Call, name: str, used: int, wanted: int) -> None:
        limit = self.of(call.account, call.region, name)
        if used + wanted > limit:
            raise Refusal(
                "ResourceLimitExceeded",
                f"The account-level service limit '{name}' is {limit} Instances, with current "
                f"utilization of {used} Instances and a request delta of {wanted} Instances. "
                "Please use AWS Service Quotas to request an increase for this quota.",
            )


def _of_job(job: Record) -> tuple[str, int] | None:
    resources = job.get("ResourceConfig") or job.get("HyperParameterTuningResourceConfig") or {}
    kind = resources.get("InstanceType")
    if not kind:
        return None
    use: Use = "training_preemptible" if job.get("EnableManagedSpotTraining") else "training"
    return of_sagemaker(kind, use), int(resources.get("InstanceCount") or 1)


def _of_variants(plans: Iterable[Any]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for plan in plans:
        kind = plan.config.get("InstanceType")
        if kind and not plan.serverless:
            name = of_sagemaker(kind, "serving")
            counts[name] = counts.get(name, 0) + plan.count
    return counts
