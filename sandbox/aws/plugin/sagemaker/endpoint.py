"""``aws:sagemaker/endpoint:Endpoint``."""

from typing import Any

from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud, is_gone
from sandbox.aws.plugin.sagemaker_resource import SageMakerResource, name_rule, wait_for
from sandbox.plugins.naming import AutoName

_PENDING = {"Creating", "Updating", "SystemUpdating", "RollingBack"}
_WAIT_SECONDS = 3600.0


class Endpoint(SageMakerResource):
    """A serving endpoint.

    A change of the configuration's name is a plain ``UpdateEndpoint``: without
    ``RetainAllVariantProperties``, so an autoscaled count falls back to that of the configuration,
    as it does with the real provider.
    """

    token = "aws:sagemaker/endpoint:Endpoint"
    auto_name = AutoName("name", 63)
    names = {"name": "EndpointName", "deploymentConfig": "LastDeploymentConfig"}
    create_operation = "CreateEndpoint"
    describe_operation = "DescribeEndpoint"
    update_operation = "UpdateEndpoint"
    delete_operation = "DeleteEndpoint"
    identity = "EndpointName"
    arn_member = "EndpointArn"
    immutable = frozenset({"name", "region"})
    mutable = frozenset({"deploymentConfig", "endpointConfigName", "tags"})
    untold = frozenset({"deploymentConfig"})
    rules = (name_rule("name"), name_rule("endpointConfigName"))

    def settle(self, cloud: Cloud, resource_id: str, inputs: Properties) -> None:
        name = f"endpoint {resource_id}"

        def status() -> str | None:
            return str(self.described(cloud, resource_id)["EndpointStatus"])

        last = wait_for(cloud, name, status, _PENDING, _WAIT_SECONDS)
        if last != "InService":
            reason = self.described(cloud, resource_id).get("FailureReason", "")
            raise ResourceFailedError(f"{name} is {last} instead of InService: {reason}")

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        # The deployment configuration says how to change over; alone it changes nothing.
        if "endpointConfigName" in changed:
            super().change(cloud, resource_id, old, new, changed)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        super().remove(cloud, resource_id, outputs)

        def status() -> str | None:
            try:
                found: dict[str, Any] = self.described(cloud, resource_id)
            except cloud.client("sagemaker").exceptions.ClientError as error:
                if is_gone(error):
                    return None
                raise
            return str(found["EndpointStatus"])

        wait_for(cloud, f"endpoint {resource_id}", status, {"Deleting"}, _WAIT_SECONDS)
