"""How each service takes and tells tags: the operations and the shape of a list of tags."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.aws.plugin.cloud import Cloud

Tags = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Tagging:
    """The tag operations of a service.

    ``key`` and ``value`` name the fields of one tag in a list; an empty ``key`` means the service
    takes tags as a map.
    """

    service: str
    list_operation: str
    tag_operation: str
    untag_operation: str
    resource: str
    """The parameter that says which resource."""
    listed: str = "Tags"
    """Where the answer has the tags."""
    tags: str = "Tags"
    """The parameter with the tags to set."""
    keys: str = "TagKeys"
    """The parameter with the keys to remove."""
    key: str = "Key"
    value: str = "Value"

    def packed(self, tags: Tags) -> Any:
        """Tags as the service takes them."""
        return dict(tags) if not self.key else pairs(tags, self.key, self.value)

    def read(self, cloud: Cloud, resource: str) -> dict[str, str]:
        """The tags of a resource."""
        answer = cloud.run(self.service, self.list_operation, **{self.resource: resource})
        found = answer.get(self.listed) or {}
        return dict(found) if not self.key else unpaired(found, self.key, self.value)

    def change(self, cloud: Cloud, resource: str, old: Tags, new: Tags) -> None:
        """Sets and removes what differs."""
        removed = sorted(set(old) - set(new))
        added = {key: value for key, value in new.items() if old.get(key) != value}
        if removed:
            cloud.run(
                self.service, self.untag_operation, **{self.resource: resource, self.keys: removed}
            )
        if added:
            packed = self.packed(added)
            cloud.run(
                self.service, self.tag_operation, **{self.resource: resource, self.tags: packed}
            )


def pairs(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as a list of objects."""
    return [{key: name, value: text} for name, text in tags.items()]


def unpaired(listed: Any, key: str = "Key", value: str = "Value") -> dict[str, str]:
    """A list of objects as tags; the cloud's own ``aws:`` tags are left out."""
    found = {str(item[key]): str(item.get(value, "")) for item in listed or ()}
    return {name: text for name, text in found.items() if not name.startswith("aws:")}
