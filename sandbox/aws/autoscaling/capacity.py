"""The number of instances of an endpoint's variant, read and changed through SageMaker."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.applicationautoscaling.models import FakeScalableTarget

from sandbox.aws.autoscaling.targets import VARIANT_COUNT, Activities
from sandbox.aws.context import Context


def endpoint_and_variant(target: FakeScalableTarget) -> tuple[str, str]:
    """Split ``endpoint/<name>/variant/<name>``."""
    _, endpoint, _, variant = target.resource_id.split("/", 3)
    return endpoint, variant


class Capacity:
    """Changes capacity; every change is an activity."""

    def __init__(self, context: Context, activities: Activities) -> None:
        self._context = context
        self._activities = activities

    def _client(self, target: FakeScalableTarget) -> Any:
        region = target.applicationautoscaling_backend.region_name
        return self._context.client("sagemaker", region)

    def read(self, target: FakeScalableTarget) -> int | None:
        """Desired instances; None while the endpoint changes or when there is none."""
        if target.scalable_dimension != VARIANT_COUNT:
            return None
        name, variant = endpoint_and_variant(target)
        try:
            endpoint = self._client(target).describe_endpoint(EndpointName=name)
        except (ClientError, BotoCoreError):
            return None
        if endpoint["EndpointStatus"] != "InService":
            return None
        for each in endpoint.get("ProductionVariants") or []:
            if each["VariantName"] == variant:
                count = each.get("DesiredInstanceCount") or each.get("CurrentInstanceCount")
                return int(count) if count else None
        return None

    def set(self, target: FakeScalableTarget, count: int, cause: str) -> bool:
        """Ask SageMaker for `count` instances; says whether it agreed."""
        name, variant = endpoint_and_variant(target)
        error = None
        try:
            self._client(target).update_endpoint_weights_and_capacities(
                EndpointName=name,
                DesiredWeightsAndCapacities=[
                    {"VariantName": variant, "DesiredInstanceCount": count}
                ],
            )
        except (ClientError, BotoCoreError) as failure:
            error = str(failure)
        self._activities.add(
            target,
            description=f"Setting desired instance count to {count}.",
            cause=cause,
            error=error,
        )
        return error is None

    def clamp(self, target: FakeScalableTarget) -> bool:
        """Bring the count into the target's limits, as the cloud does as soon as they change.

        False when the endpoint changes just now: try again later.
        """
        if target.scalable_dimension != VARIANT_COUNT:
            return True
        current = self.read(target)
        if current is None:
            return False
        low, high = int(target.min_capacity or 0), int(target.max_capacity or current)
        wanted = min(max(current, low), high)
        if wanted != current:
            limit = "minimum" if wanted > current else "maximum"
            return self.set(target, wanted, f"{limit} capacity was set to {wanted}")
        return True
