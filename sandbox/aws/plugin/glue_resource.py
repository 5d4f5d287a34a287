"""What the Glue tokens share: tags as a map, ARNs put together from names."""

from typing import Any, ClassVar

from plugin.handler import Properties
from sandbox.aws.plugin.api_resource import ApiResource
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.tagging import Tagging

TAGGING = Tagging(
    service="glue",
    list_operation="get_tags",
    tag_operation="tag_resource",
    untag_operation="untag_resource",
    resource="ResourceArn",
    tags="TagsToAdd",
    keys="TagsToRemove",
    key="",
)


class GlueResource(ApiResource):
    """A Glue resource that is found by its name."""

    service = "glue"
    kind: ClassVar[str] = ""
    """The word in the ARN, e.g. ``job``; empty where there is no ARN."""

    def more(self, cloud: Cloud, resource_id: str, found: dict[str, Any]) -> dict[str, Any]:
        return {"arn": cloud.arn("glue", f"{self.kind}/{resource_id}")} if self.kind else {}


def same_role(found: Any, known: Properties, name: str) -> Any:
    """The role in the words of the declaration: Glue may answer an ARN or a bare name."""
    declared = known.get(name)
    if not isinstance(declared, str) or not isinstance(found, str):
        return found
    return declared if declared.rsplit("/", 1)[-1] == found.rsplit("/", 1)[-1] else found
