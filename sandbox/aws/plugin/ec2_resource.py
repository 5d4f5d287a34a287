"""What the EC2 tokens share: tag specifications, filters, security group permissions."""

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from plugin import UNKNOWN
from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.tagging import Tagging, Tags, pairs, unpaired
from sandbox.plugins.comparing import is_empty


class Ec2Tagging(Tagging):
    """EC2 tags resources by id, several at once, and removes tags by key and no value."""

    def read(self, cloud: Cloud, resource: str) -> dict[str, str]:
        wanted = [{"Name": "resource-id", "Values": [resource]}]
        return unpaired(cloud.run("ec2", "describe_tags", Filters=wanted)["Tags"])

    def change(self, cloud: Cloud, resource: str, old: Tags, new: Tags) -> None:
        removed = [{"Key": key} for key in sorted(set(old) - set(new))]
        added = {key: value for key, value in new.items() if old.get(key) != value}
        if removed:
            cloud.run("ec2", "delete_tags", Resources=[resource], Tags=removed)
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
    """An EC2 resource with tags; its description holds them."""

    tagging = TAGGING
    kind: ClassVar[str]
    """The resource type in tag specifications and ARNs, e.g. ``vpc``."""

    @abstractmethod
    def described(self, cloud: Cloud, resource_id: str) -> dict[str, Any] | None:
        """EC2's description of the resource."""

    @abstractmethod
    def told(self, cloud: Cloud, found: dict[str, Any], known: Properties) -> dict[str, Any]:
        """The description as properties, without ``arn``, ``ownerId`` and ``tags``."""

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = self.described(cloud, resource_id)
        if found is None:
            return None
        result = {
            "arn": cloud.arn("ec2", f"{self.kind}/{resource_id}"),
            "tags": unpaired(found.get("Tags")),
            **self.told(cloud, found, known),
        }
        if "ownerId" in self.schema.outputs:
            result["ownerId"] = found.get("OwnerId") or cloud.account
        return result

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return resource_id

    def specified(self, inputs: Properties) -> list[dict[str, Any]] | None:
        """The tags as the creation takes them."""
        tags = inputs.get("tags")
        return [{"ResourceType": self.kind, "Tags": pairs(tags)}] if tags else None


def first(answer: Mapping[str, Any], member: str) -> dict[str, Any] | None:
    """The first description in an answer, or ``None``."""
    found = answer.get(member) or [None]
    result: dict[str, Any] | None = found[0]
    return result


def permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """An inline ingress or egress block as the ``IpPermission`` of the API."""
    known = {key: value for key, value in rule.items() if value is not UNKNOWN}
    note = {"Description": known["description"]} if known.get("description") else {}
    groups = [{"GroupId": group, **note} for group in known.get("securityGroups") or ()]
    if known.get("self"):
        groups.append({"GroupId": "self", **note})
    result: dict[str, Any] = {"IpProtocol": str(known.get("protocol", "-1"))}
    if result["IpProtocol"] != "-1":
        result |= {"FromPort": known.get("fromPort", 0), "ToPort": known.get("toPort", 0)}
    result |= {
        "IpRanges": [{"CidrIp": item, **note} for item in known.get("cidrBlocks") or ()],
        "Ipv6Ranges": [{"CidrIpv6": item, **note} for item in known.get("ipv6CidrBlocks") or ()],
        "PrefixListIds": [
            {"PrefixListId": item, **note} for item in known.get("prefixListIds") or ()
        ],
        "UserIdGroupPairs": groups,
    }
    return {key: value for key, value in result.items() if value != []}


def block(found: Mapping[str, Any], group_id: str) -> dict[str, Any]:
    """An ``IpPermission`` as an inline block."""
    groups = [item.get("GroupId") for item in found.get("UserIdGroupPairs") or ()]
    sources = [
        *(found.get("IpRanges") or ()),
        *(found.get("Ipv6Ranges") or ()),
        *(found.get("PrefixListIds") or ()),
        *(found.get("UserIdGroupPairs") or ()),
    ]
    notes = [item["Description"] for item in sources if item.get("Description")]
    everything = found["IpProtocol"] == "-1"
    result = {
        "protocol": found["IpProtocol"],
        "fromPort": 0 if everything else found.get("FromPort", 0),
        "toPort": 0 if everything else found.get("ToPort", 0),
        "cidrBlocks": [item["CidrIp"] for item in found.get("IpRanges") or ()],
        "ipv6CidrBlocks": [item["CidrIpv6"] for item in found.get("Ipv6Ranges") or ()],
        "prefixListIds": [item["PrefixListId"] for item in found.get("PrefixListIds") or ()],
        "securityGroups": [group for group in groups if group != group_id],
        "self": group_id in groups,
        "description": notes[0] if notes else "",
    }
    return {key: value for key, value in result.items() if not is_empty(value)}


def with_self(permissions: Iterable[dict[str, Any]], group_id: str) -> list[dict[str, Any]]:
    """Permissions in which the word ``self`` stands for the group's own id."""
    result = []
    for item in permissions:
        pairs_ = item.get("UserIdGroupPairs")
        if pairs_:
            renamed = [
                {**pair, "GroupId": group_id if pair["GroupId"] == "self" else pair["GroupId"]}
                for pair in pairs_
            ]
            item = {**item, "UserIdGroupPairs": renamed}
        result.append(item)
    return result
