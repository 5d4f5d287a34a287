"""The settings of a bucket that are resources of their own: put, get, delete, named by bucket."""

from typing import Any, ClassVar

from botocore import xform_name

from plugin.handler import Properties
from sandbox.aws.plugin.api_resource import ApiResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.wire import from_wire, input_shape, service_model, to_wire

_OUTSIDE = frozenset({"bucket", "expectedBucketOwner", "mfa", "region"})


class BucketSetting(ApiResource):
    """A setting whose content is one member (:attr:`body`) of the operation that puts it."""

    service = "s3"
    identity = "Bucket"
    identified_by = "bucket"
    body: ClassVar[str]
    body_property: ClassVar[str] = ""
    """The property that is the whole body; else the body holds the properties one by one."""
    get_answer: ClassVar[str] = ""
    """The member of the answer that is the body; else the answer itself is it."""
    immutable = frozenset({"bucket", "expectedBucketOwner", "region"})

    def request(self, inputs: Properties) -> dict[str, Any]:
        shape: Any = input_shape("s3", self.create_operation)
        sent = {
            name: value
            for name, value in inputs.items()
            if name not in _OUTSIDE | self.local and not name.startswith("__")
        }
        content = sent.get(self.body_property, {}) if self.body_property else sent
        result = {"Bucket": inputs["bucket"]}
        if inputs.get("expectedBucketOwner"):
            result["ExpectedBucketOwner"] = inputs["expectedBucketOwner"]
        result[self.body] = to_wire(content, shape.members[self.body], self.names)
        return result

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        self.call(cloud, self.create_operation, **self.request(inputs))
        return str(inputs["bucket"])

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if changed - self.local:
            self.call(cloud, self.create_operation, **self.request(new))

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        bucket = resource_id.split(",", maxsplit=1)[0]
        operation = service_model("s3").operation_model(self.describe_operation)
        source: Any = operation.output_shape
        answer: Any = self.call(cloud, self.describe_operation, Bucket=bucket)
        if self.get_answer:
            source, answer = source.members[self.get_answer], answer.get(self.get_answer)
        found = self.content(answer or {}, source, known)
        return None if found is None else {"bucket": bucket, **found}

    def content(self, answer: Any, source: Any, known: Properties) -> dict[str, Any] | None:
        """The properties in an answer; ``None`` when it says that nothing is set."""
        wanted = {
            name: item
            for name, item in self.schema.outputs.items()
            if name not in _OUTSIDE | self.local
        }
        if not self.body_property:
            return from_wire(answer, wanted, source, self.names)
        nested = wanted[self.body_property].type.properties
        inner = from_wire(answer, nested, source, self.names)
        inner = {name: value for name, value in inner.items() if value is not None}
        return {self.body_property: inner} if inner else None

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        cloud.run(
            "s3", xform_name(self.delete_operation), Bucket=resource_id.split(",", maxsplit=1)[0]
        )
