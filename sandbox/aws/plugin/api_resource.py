"""A resource with one operation each to create, describe, update and delete it."""

from typing import Any, ClassVar

from botocore import xform_name

from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.wire import from_wire, input_shape, service_model, to_wire

_NEVER_SENT = frozenset({"region", "tags", "timeouts", "namePrefix"})


class ApiResource(AwsResource):
    """Maps properties to the API by name, with :attr:`names` for the few that differ."""

    service: ClassVar[str]
    """boto3's name of the service."""
    create_operation: ClassVar[str]
    describe_operation: ClassVar[str] = ""
    update_operation: ClassVar[str] = ""
    delete_operation: ClassVar[str] = ""
    identity: ClassVar[str]
    """The parameter that names the resource in each operation."""
    identified_by: ClassVar[str] = "name"
    """The input that is the resource's id."""
    answer: ClassVar[str] = ""
    """The member of the description that holds the resource, when it is not the answer itself."""
    arn_member: ClassVar[str] = ""
    """The member of the description with the ARN."""
    tags_parameter: ClassVar[str] = "Tags"
    update_wrapper: ClassVar[str] = ""
    """The member of the update that holds the changes, e.g. Glue's ``JobUpdate``."""

    def request(self, inputs: Properties) -> dict[str, Any]:
        return self.wired(inputs, self.create_operation)

    def wired(self, inputs: Properties, operation: str, wrapper: str = "") -> dict[str, Any]:
        """The inputs as parameters of an operation, or of one member of it."""
        target: Any = input_shape(self.service, operation)
        if wrapper:
            target = target.members[wrapper]
        sent = {
            name: value
            for name, value in inputs.items()
            if name not in _NEVER_SENT | self.local and not name.startswith("__")
        }
        found: dict[str, Any] = to_wire(sent, target, self.names)
        return found

    def call(self, cloud: Cloud, operation: str, **parameters: Any) -> dict[str, Any]:
        """Calls one of the service's operations by its name in the API."""
        return cloud.run(self.service, xform_name(operation), **parameters)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        parameters = self.request(inputs)
        if self.tagging is not None and inputs.get("tags") and self.tags_parameter:
            parameters[self.tags_parameter] = self.tagging.packed(inputs["tags"])
        self.call(cloud, self.create_operation, **parameters)
        return str(inputs[self.identified_by])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = self.described(cloud, resource_id)
        return {**self.properties(found), **self.more(cloud, resource_id, found)}

    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any]:
        """The cloud's description of the resource."""
        answer = self.call(cloud, self.describe_operation, **{self.identity: resource_id})
        found: dict[str, Any] = answer[self.answer] if self.answer else answer
        return found

    def properties(self, found: dict[str, Any]) -> dict[str, Any]:
        """The description as properties."""
        source: Any = service_model(self.service).operation_model(self.describe_operation)
        source = source.output_shape
        if self.answer:
            source = source.members[self.answer]
        wanted = {
            name: item
            for name, item in self.schema.outputs.items()
            if name not in {"region", "tags", "tagsAll", "timeouts"} | self.local
        }
        result = from_wire(found, wanted, source, self.names)
        if self.arn_member:
            result["arn"] = found.get(self.arn_member)
        return result

    def more(self, cloud: Cloud, resource_id: str, found: dict[str, Any]) -> dict[str, Any]:
        """Properties that the description does not hold under their own names."""
        return {}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if not changed - self.local:
            return
        if not self.update_operation:
            raise ResourceFailedError(f"{self.token} cannot be updated in place")
        parameters = self.wired(new, self.update_operation, self.update_wrapper)
        if self.update_wrapper:
            parameters = {self.update_wrapper: parameters}
        self.call(cloud, self.update_operation, **{**parameters, self.identity: resource_id})

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        self.call(cloud, self.delete_operation, **{self.identity: resource_id})
