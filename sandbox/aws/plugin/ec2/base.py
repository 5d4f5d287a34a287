"""What all resources of EC2 share: tags on creation and one way to change them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.tagging import Tagging, Tags, pairs, unpaired


class Ec2Tagging(Tagging):
    """EC2 tags resources by id, several at once, with keys as objects."""

    def read(self, cloud: Cloud, resource: str) -> dict[str, str]:
        mine = [{"Name": "resource-id", "Values": [resource]}]
        return unpaired(cloud.run("ec2", "describe_tags", Filters=mine)["Tags"])

    def change(self, cloud: Cloud, resource: str, old: Tags, new: Tags) -> None:
        removed = [{"Key": key} for key in sorted(set(old) - set(new))]
        if removed:
            cloud.run("ec2", "delete_tags", Resources=[resource], Tags=removed)
        added = {key: value for key, value in new.items() if old.get(key) != value}
        if added:
            cloud.run("ec2", "create_tags", Resources=[resource], Tags=pairs(added))


TAGGING = Ec2Tagging(
    service="ec2",
    list_operation="describe_tags",
    tag_operation="create_tags",
    untag_operation="delete_tags",
    resource="Resources",
)


class Ec2Resource(AwsResource):
    """A resource that is known by an id of its own, such as ``vpc-0a1b``."""

    kind: ClassVar[str]
    """What EC2 calls it in tag specifications and ARNs, e.g. ``route-table``."""
    tagging = TAGGING

    def tag_specifications(self, inputs: Mapping[str, Any]) -> list[dict[str, Any]] | None:
        """The tags of a new resource."""
        if not inputs.get("tags"):
            return None
        return [{"ResourceType": self.kind, "Tags": pairs(inputs["tags"])}]

    def common(self, cloud: Cloud, resource_id: str, found: Mapping[str, Any]) -> dict[str, Any]:
        """The ARN and tags of what EC2 described."""
        return {
            "arn": cloud.arn("ec2", f"{self.kind}/{resource_id}"),
            "tags": unpaired(found.get("Tags")),
        }

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Mapping[str, Any]) -> str:
        return resource_id


def first(cloud: Cloud, operation: str, **parameters: Any) -> dict[str, Any] | None:
    """The only resource of a description, ``None`` when it has none."""
    answer = cloud.run("ec2", operation, **parameters)
    listed = next(value for key, value in answer.items() if isinstance(value, list))
    return listed[0] if listed else None


def switch(cloud: Cloud, operation: str, resource: Mapping[str, str], name: str, on: Any) -> None:
    """Sets one attribute; EC2 takes one in each call."""
    cloud.run("ec2", operation, **resource, **{name: {"Value": bool(on)}})
