"""Application auto-scaling on the wire, and the loop that acts on it."""

import functools
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.applicationautoscaling.models import (
    FakeScalableTarget,
    FakeScheduledAction,
)

from sandbox.aws import tempo
from sandbox.aws.answers import refused
from sandbox.aws.autoscaling import alarms, steps, tracking
from sandbox.aws.autoscaling.capacity import Capacity
from sandbox.aws.autoscaling.schedules import ScheduleError, is_inside, next_time, start_of
from sandbox.aws.autoscaling.targets import (
    VARIANT_COUNT,
    Activities,
    actions_of,
    all_targets,
    backend_of,
    find_target,
    need_target,
    policies_of,
)
from sandbox.aws.context import Call, Context, Refusal
from sandbox.aws.paging import page
from sandbox.aws.sagemaker.records import Records

_SERVICE_ROLE = (
    "arn:aws:iam::{account}:role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
)
_RUNNING = {
    "DynamicScalingInSuspended": False,
    "DynamicScalingOutSuspended": False,
    "ScheduledScalingSuspended": False,
}


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)


class Scaling:
    """The operations and what they set going."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._activities = Activities(context)
        self._capacity = Capacity(context, self._activities)
        self._lock = threading.RLock()

    @property
    def _tags(self) -> dict[str, dict[str, str]]:
        return self._context.table("scaling-tags")

    @property
    def _seen(self) -> dict[str, datetime]:
        """Up to when each scheduled action was looked at."""
        return self._context.table("scaling-schedules")

    def register(self, call: Call) -> dict[str, object]:
        params = call.params
        known = find_target(backend_of(call), params["ResourceId"], params["ScalableDimension"])
        low = params.get("MinCapacity", known.min_capacity if known else None)
        high = params.get("MaxCapacity", known.max_capacity if known else None)
        if low is None or high is None:
            raise _invalid("MinCapacity and MaxCapacity are required to register a new target")
        if low > high:
            raise _invalid(f"Maximum capacity {high} cannot be less than minimum capacity {low}")
        if params["ScalableDimension"] == VARIANT_COUNT:
            if low < 1:
                # https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
                raise _invalid("MinCapacity of a variant's instances must be at least 1")
            self._check_variant(call)
        suspended = params.get("SuspendedState")
        if suspended is not None:
            suspended = {**(known.suspended_state if known else _RUNNING), **suspended}  # type: ignore[dict-item]
        elif known is None:
            suspended = dict(_RUNNING)
        target = backend_of(call).register_scalable_target(
            params["ServiceNamespace"],
            params["ResourceId"],
            params["ScalableDimension"],
            min_capacity=low,
            max_capacity=high,
            role_arn=params.get("RoleARN") or _SERVICE_ROLE.format(account=call.account),
            suspended_state=suspended,  # type: ignore[arg-type]
        )
        if known is None:
            self._tags[target.arn] = dict(params.get("Tags") or {})
        self._clamp_soon(target)
        return {"ScalableTargetARN": target.arn}

    def _check_variant(self, call: Call) -> None:
        parts = str(call.params["ResourceId"]).split("/")
        well_formed = len(parts) == 4 and parts[0] == "endpoint"
        if not well_formed or not Records(self._context, "endpoints").find(call, parts[1]):
            raise _invalid(f"SageMaker endpoint variant {call.params['ResourceId']} does not exist")

    def _clamp_soon(self, target: FakeScalableTarget) -> None:
        """Clamp in a thread: a request must not send requests to its own server."""
        target.limits_changed = True  # type: ignore[attr-defined]
        threading.Thread(target=self._clamp, args=(target,), daemon=True).start()

    def _clamp(self, target: FakeScalableTarget) -> None:
        """Bring the count into changed limits; an endpoint that changes is waited for."""
        with self._lock:
            if getattr(target, "limits_changed", False) and self._capacity.clamp(target):
                target.limits_changed = False  # type: ignore[attr-defined]

    def deregister(self, call: Call) -> None:
        """Policies and schedules of the target go with it."""
        target = need_target(call)
        backend = backend_of(call)
        for policy in policies_of(target):
            alarms.delete(policy)
        backend.policies = {
            key: policy
            for key, policy in backend.policies.items()
            if policy not in policies_of(target)
        }
        for action in actions_of(target):
            backend.scheduled_actions.remove(action)
            self._seen.pop(action.arn, None)
        backend.deregister_scalable_target(
            target.service_namespace, target.resource_id, target.scalable_dimension
        )
        self._tags.pop(target.arn, None)

    def describe_targets(self, call: Call) -> dict[str, object]:
        found = backend_of(call).describe_scalable_targets(
            call.params["ServiceNamespace"],
            call.params.get("ResourceIds"),
            call.params.get("ScalableDimension"),
        )
        listed, token = page(found, call.params, limit=50)
        return {
            "ScalableTargets": [
                {
                    "ServiceNamespace": target.service_namespace,
                    "ResourceId": target.resource_id,
                    "ScalableDimension": target.scalable_dimension,
                    "MinCapacity": target.min_capacity,
                    "MaxCapacity": target.max_capacity,
                    "RoleARN": target.role_arn,
                    "CreationTime": target.creation_time,
                    "SuspendedState": target.suspended_state,
                    "ScalableTargetARN": target.arn,
                }
                for target in listed
            ],
            "NextToken": token,
        }

    def put_policy(self, call: Call) -> Any:
        """A second put changes the policy and keeps its ARN."""
        target = need_target(call)
        name = call.params["PolicyName"]
        before = next((each for each in policies_of(target) if each.policy_name == name), None)
        answer = call.original()
        if refused(answer):
            return answer
        policy = next(each for each in policies_of(target) if each.policy_name == name)
        if before is not None:
            policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
            alarms.delete(before)
        alarms.create(policy, target)
        return {
            "PolicyARN": policy.policy_arn,
            "Alarms": [{"AlarmName": a.name, "AlarmARN": a.alarm_arn} for a in policy.alarms],
        }

    def describe_policies(self, call: Call) -> Any:
        names = call.params.get("PolicyNames")
        _, found = backend_of(call).describe_scaling_policies(
            call.params["ServiceNamespace"],
            call.params.get("ResourceId", ""),
            call.params.get("ScalableDimension", ""),
            100_000,
            "",
        )
        chosen = [each for each in found if not names or each.policy_name in names]
        listed, token = page(chosen, call.params, limit=50)
        return {
            "ScalingPolicies": [
                {
                    "PolicyARN": policy.policy_arn,
                    "PolicyName": policy.policy_name,
                    "ServiceNamespace": policy.service_namespace,
                    "ResourceId": policy.resource_id,
                    "ScalableDimension": policy.scalable_dimension,
                    "PolicyType": policy.policy_type,
                    "StepScalingPolicyConfiguration": policy.step_scaling_policy_configuration,
                    "TargetTrackingScalingPolicyConfiguration": (
                        policy.target_tracking_scaling_policy_configuration
                    ),
                    "Alarms": [
                        {"AlarmName": a.name, "AlarmARN": a.alarm_arn} for a in policy.alarms
                    ],
                    "CreationTime": policy.creation_time,
                }
                for policy in listed
            ],
            "NextToken": token,
        }

    def delete_policy(self, call: Call) -> Any:
        name = call.params["PolicyName"]
        found = [each for each in policies_of(need_target(call)) if each.policy_name == name]
        if not found:
            raise Refusal("ObjectNotFoundException", f"No scaling policy found: {name}")
        alarms.delete(found[0])
        found[0].alarms = []
        return call.original()

    def put_action(self, call: Call) -> Any:
        target, params, now = need_target(call), call.params, datetime.now(UTC)
        name = params["ScheduledActionName"]
        before = [each for each in actions_of(target) if each.scheduled_action_name == name]
        schedule = params.get("Schedule") or (before[0].schedule if before else None)
        if not schedule:
            raise _invalid("Schedule is required to create a scheduled action")
        try:
            next_time(schedule, after=now, timezone=params.get("Timezone"), anchor=now)
        except ScheduleError as error:
            raise _invalid(str(error)) from None
        limits = params.get("ScalableTargetAction") or {}
        if not before and not limits:
            raise _invalid("ScalableTargetAction is required to create a scheduled action")
        if limits.get("MinCapacity", 0) > limits.get("MaxCapacity", 1 << 30):
            raise _invalid("MinCapacity cannot exceed MaxCapacity")
        answer = call.original()
        if refused(answer):
            return answer
        action = next(a for a in actions_of(target) if a.scheduled_action_name == name)
        self._seen[action.arn] = now
        return answer

    def delete_action(self, call: Call) -> Any:
        name = call.params["ScheduledActionName"]
        found = [a for a in actions_of(need_target(call)) if a.scheduled_action_name == name]
        if not found:
            raise Refusal("ObjectNotFoundException", f"No scheduled action found: {name}")
        self._seen.pop(found[0].arn, None)
        return call.original()

    def describe_activities(self, call: Call) -> dict[str, object]:
        params = call.params
        found = [
            each
            for each in reversed(self._activities.items)
            if (each.account, each.region) == (call.account, call.region)
            and each.namespace == params["ServiceNamespace"]
            and params.get("ResourceId") in (None, each.resource)
            and params.get("ScalableDimension") in (None, each.dimension)
        ]
        listed, token = page(found, params, limit=50)
        return {"ScalingActivities": [each.describe() for each in listed], "NextToken": token}

    def _tagged(self, call: Call) -> dict[str, str]:
        arn = call.params["ResourceARN"]
        if arn not in self._tags:
            raise Refusal("ResourceNotFoundException", f"The resource {arn} does not exist")
        return self._tags[arn]

    def list_tags(self, call: Call) -> dict[str, object]:
        return {"Tags": dict(self._tagged(call))}

    def tag(self, call: Call) -> None:
        self._tagged(call).update(call.params["Tags"])

    def untag(self, call: Call) -> None:
        for key in call.params["TagKeys"]:
            self._tagged(call).pop(key, None)

    def tick(self) -> None:
        """One look: schedules first, then alarms, then target tracking."""
        now = datetime.now(UTC)
        with self._lock:
            for target in all_targets():
                self._fire(target, now)
                self._clamp(target)
                self._step(target, now)
                self._track(target, now)

    def _fire(self, target: FakeScalableTarget, now: datetime) -> None:
        if (target.suspended_state or _RUNNING).get("ScheduledScalingSuspended"):  # type: ignore[union-attr]
            return
        due: list[tuple[datetime, FakeScheduledAction]] = []
        for action in actions_of(target):
            created = datetime.fromtimestamp(action.creation_time, UTC)
            seen = self._seen.get(action.arn, created)
            moment = next_time(
                action.schedule,
                after=seen,
                timezone=action.timezone,
                anchor=start_of(action, created),
            )
            if moment is None or moment > now:
                continue
            self._seen[action.arn] = now
            self._context.changed()
            if is_inside(action, moment):
                due.append((moment, action))
        for _, action in sorted(due, key=lambda each: each[0]):
            self._apply(target, action)

    def _apply(self, target: FakeScalableTarget, action: FakeScheduledAction) -> None:
        limits: dict[str, int] = action.scalable_target_action or {}  # type: ignore[assignment]
        low = limits.get("MinCapacity", target.min_capacity)
        high = limits.get("MaxCapacity", target.max_capacity)
        target.min_capacity, target.max_capacity = low, high
        self._activities.add(
            target,
            description=f"Setting min capacity to {low} and max capacity to {high}",
            cause=f"scheduled action name {action.scheduled_action_name} was triggered",
        )
        target.limits_changed = True  # type: ignore[attr-defined]

    def _step(self, target: FakeScalableTarget, now: datetime) -> None:
        policies = [p for p in policies_of(target) if p.policy_type == "StepScaling"]
        current = self._capacity.read(target) if policies else None
        if current is None:
            return
        for policy in policies:
            wish = steps.wish(policy, current)
            if wish is not None:
                self._move(target, current, wish, steps.cooldown(policy), now)

    def _track(self, target: FakeScalableTarget, now: datetime) -> None:
        tracked = [p for p in policies_of(target) if p.policy_type == "TargetTrackingScaling"]
        if not tracked or target.scalable_dimension != VARIANT_COUNT:
            return
        current = self._capacity.read(target)
        if current is None:
            return
        wishes = [(policy, tracking.wish(policy, target, current)) for policy in tracked]
        asked = [(policy, wish) for policy, wish in wishes if wish is not None]
        # The largest wish wins, and scaling in needs all policies to agree.
        if not asked or (len(asked) < len(tracked) and all(w.count < current for _, w in asked)):
            return
        policy, chosen = max(asked, key=lambda each: each[1].count)
        rest = tracking.cooldown(policy, scale_out=chosen.count > current)
        self._move(target, current, chosen, rest, now)

    def _move(
        self,
        target: FakeScalableTarget,
        current: int,
        chosen: tracking.Wish,
        rest: float,
        now: datetime,
    ) -> None:
        """Change the count as far as the limits allow, not sooner than `rest` after the last."""
        low, high = int(target.min_capacity or 1), int(target.max_capacity or current)
        wanted = min(max(chosen.count, low), high)
        suspended: dict[str, bool] = target.suspended_state or _RUNNING  # type: ignore[assignment]
        way = "Out" if wanted > current else "In"
        if wanted == current or suspended.get(f"DynamicScaling{way}Suspended"):
            return
        last: datetime | None = getattr(target, "last_scaled", None)
        if last is not None and now - last < timedelta(seconds=rest):
            return
        if self._capacity.set(target, wanted, chosen.cause):
            target.last_scaled = now  # type: ignore[attr-defined]


def install(context: Context) -> None:
    """Plug the operations and the loop in."""
    scaling = Scaling(context)
    add = functools.partial(context.operation, "application-autoscaling")
    add("RegisterScalableTarget", scaling.register)
    add("DeregisterScalableTarget", scaling.deregister)
    add("DescribeScalableTargets", scaling.describe_targets)
    add("PutScalingPolicy", scaling.put_policy)
    add("DescribeScalingPolicies", scaling.describe_policies)
    add("DeleteScalingPolicy", scaling.delete_policy)
    add("PutScheduledAction", scaling.put_action)
    add("DeleteScheduledAction", scaling.delete_action)
    add("DescribeScalingActivities", scaling.describe_activities)
    add("ListTagsForResource", scaling.list_tags)
    add("TagResource", scaling.tag)
    add("UntagResource", scaling.untag)
    context.every(tempo.scaling_interval(), "application-autoscaling", scaling.tick)
