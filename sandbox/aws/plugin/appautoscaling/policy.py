"""``aws:appautoscaling/policy:Policy``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.autoscaling_resource import WHERE, AutoScalingResource, place
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.wire import from_wire, shape
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest


class Policy(AutoScalingResource):
    """When a target scales; an import names ``namespace/resource/dimension/name``."""

    token = "aws:appautoscaling/policy:Policy"
    auto_name = AutoName("name", 255)
    names = {"name": "PolicyName"}
    create_operation = "PutScalingPolicy"
    immutable = WHERE | {"name", "region"}
    mutable = frozenset(
        {"policyType", "stepScalingPolicyConfiguration", "targetTrackingScalingPolicyConfiguration"}
    )
    defaults = {"policyType": "StepScaling"}
    rules = (
        longest("name", 255),
        enumerated("policyType", "application-autoscaling", "PolicyType"),
        enumerated("serviceNamespace", "application-autoscaling", "ServiceNamespace"),
        enumerated("scalableDimension", "application-autoscaling", "ScalableDimension"),
        enumerated(
            "targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification"
            ".predefinedMetricType",
            "application-autoscaling",
            "MetricType",
        ),
    )

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        name = resource_id.rsplit("/", 1)[-1]
        answer = cloud.run(
            "application-autoscaling",
            "describe_scaling_policies",
            PolicyNames=[name],
            **place(known, resource_id),
        )
        for found in answer["ScalingPolicies"]:
            source = shape("application-autoscaling", "ScalingPolicy")
            wanted = {
                key: self.schema.inputs[key] for key in (self.immutable | self.mutable) - {"region"}
            }
            return {
                **from_wire(found, wanted, source, self.names),
                "alarmArns": [alarm["AlarmARN"] for alarm in found.get("Alarms") or ()],
                "arn": found["PolicyARN"],
            }
        return None

    def id_of(self, resource_id: str, found: Properties) -> str:
        return str(found["name"])

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self.call(cloud, self.create_operation, **self.request(new))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        where = place(outputs, resource_id)
        name = outputs.get("name") or resource_id
        cloud.run("application-autoscaling", "delete_scaling_policy", PolicyName=name, **where)
