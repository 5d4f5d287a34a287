"""``aws:appautoscaling/target:Target``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.autoscaling_resource import WHERE, AutoScalingResource, place
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.tagging import Tagging
from sandbox.aws.plugin.wire import from_wire, shape
from sandbox.plugins.rules import between


class Target(AutoScalingResource):
    """What may be scaled and how far; its id is that of the scaled resource."""

    token = "aws:appautoscaling/target:Target"
    create_operation = "RegisterScalableTarget"
    identified_by = "resourceId"
    immutable = WHERE | {"region", "roleArn"}
    mutable = frozenset({"maxCapacity", "minCapacity", "suspendedState", "tags"})
    unknown_until_created = frozenset({"roleArn", "suspendedState"})
    untold = frozenset({"suspendedState"})
    tagging = Tagging(
        service="application-autoscaling",
        list_operation="list_tags_for_resource",
        tag_operation="tag_resource",
        untag_operation="untag_resource",
        resource="ResourceARN",
        key="",
    )
    rules = (
        enumerated("serviceNamespace", "application-autoscaling", "ServiceNamespace"),
        enumerated("scalableDimension", "application-autoscaling", "ScalableDimension"),
        between("minCapacity", 0, 10**9),
        between("maxCapacity", 0, 10**9),
    )

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        where = place(known, resource_id)
        answer = cloud.run(
            "application-autoscaling",
            "describe_scalable_targets",
            ServiceNamespace=where["ServiceNamespace"],
            ResourceIds=[where["ResourceId"]],
            ScalableDimension=where["ScalableDimension"],
        )
        for found in answer["ScalableTargets"]:
            source = shape("application-autoscaling", "ScalableTarget")
            wanted = {
                key: p for key, p in self.schema.inputs.items() if key not in ("tags", "region")
            }
            result = from_wire(found, wanted, source, self.names)
            return {**result, "arn": found.get("ScalableTargetARN")}
        return None

    def id_of(self, resource_id: str, found: Properties) -> str:
        return str(found["resourceId"])

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.call(cloud, self.create_operation, **self.request(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        where = place(outputs, resource_id)
        cloud.run("application-autoscaling", "deregister_scalable_target", **where)
