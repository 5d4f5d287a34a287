"""Scalable targets with their policies, schedules, tags and activities."""

import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
    FakeScalableTarget,
    FakeScheduledAction,
    applicationautoscaling_backends,
)

from sandbox.aws.context import Call, Context, Refusal

VARIANT_COUNT = "sagemaker:variant:DesiredInstanceCount"


def backend_of(call: Call) -> ApplicationAutoscalingBackend:
    """moto's state of the call's account and region."""
    return applicationautoscaling_backends[call.account][call.region]


def find_target(
    backend: ApplicationAutoscalingBackend, resource: str, dimension: str
) -> FakeScalableTarget | None:
    """The registered target, if any."""
    return backend.targets.get(dimension, {}).get(resource)


def need_target(call: Call) -> FakeScalableTarget:
    """The target a call names; ObjectNotFoundException when it is not registered."""
    resource, dimension = call.params["ResourceId"], call.params["ScalableDimension"]
    target = find_target(backend_of(call), resource, dimension)
    if target is None:
        namespace = call.params["ServiceNamespace"]
        raise Refusal(
            "ObjectNotFoundException",
            f"No scalable target found for service namespace: {namespace}, "
            f"resource ID: {resource}, scalable dimension: {dimension}",
        )
    return target


def policies_of(target: FakeScalableTarget) -> list[FakeApplicationAutoscalingPolicy]:
    """The policies of a target."""
    return [
        policy
        for policy in target.applicationautoscaling_backend.policies.values()
        if _belongs(policy, target)
    ]


def actions_of(target: FakeScalableTarget) -> list[FakeScheduledAction]:
    """The scheduled actions of a target."""
    actions = target.applicationautoscaling_backend.scheduled_actions
    return [action for action in actions if _belongs(action, target)]


def _belongs(thing: Any, target: FakeScalableTarget) -> bool:
    return (thing.resource_id, thing.scalable_dimension) == (
        target.resource_id,
        target.scalable_dimension,
    )


@dataclass(kw_only=True)
class Activity:
    """One entry of DescribeScalingActivities."""

    account: str
    region: str
    namespace: str
    resource: str
    dimension: str
    description: str
    cause: str
    status: str = "Successful"
    message: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    ended: datetime = field(default_factory=lambda: datetime.now(UTC))

    def describe(self) -> dict[str, Any]:
        return {
            "ActivityId": self.id,
            "ServiceNamespace": self.namespace,
            "ResourceId": self.resource,
            "ScalableDimension": self.dimension,
            "Description": self.description,
            "Cause": self.cause,
            "StartTime": self.started,
            "EndTime": self.ended,
            "StatusCode": self.status,
            "StatusMessage": self.message,
        }


class Activities:
    """What auto-scaling did, the last thousand entries."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def items(self) -> list[Activity]:
        found: list[Activity] = self._context.table("scaling-activities").setdefault("items", [])
        return found

    def add(
        self,
        target: FakeScalableTarget,
        *,
        description: str,
        cause: str,
        error: str | None = None,
    ) -> None:
        backend = target.applicationautoscaling_backend
        self.items.append(
            Activity(
                account=backend.account_id,
                region=backend.region_name,
                namespace=target.service_namespace,
                resource=target.resource_id,
                dimension=target.scalable_dimension,
                description=description,
                cause=cause,
                status="Failed" if error else "Successful",
                message=error or f"Successfully {description[:1].lower()}{description[1:]}",
            )
        )
        del self.items[:-1000]
        self._context.changed("applicationautoscaling")


def all_targets() -> list[FakeScalableTarget]:
    """Those of every account and region."""
    return [
        target
        for _, _, backend in list(applicationautoscaling_backends.iter_backends())
        if isinstance(backend, ApplicationAutoscalingBackend)
        for targets in list(backend.targets.values())
        for target in list(targets.values())
    ]
