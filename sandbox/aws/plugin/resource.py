"""What all tokens of the imitated ``aws`` provider have: :class:`AwsResource`."""

from typing import Any, ClassVar

from botocore.exceptions import BotoCoreError, ClientError

from plugin import UNKNOWN, Context, contains_unknown
from plugin.handler import Properties, ResourceFailedError
from sandbox.aws.plugin.cloud import Cloud, Configuration, explained, is_gone
from sandbox.aws.plugin.schema import SDK
from sandbox.aws.plugin.tagging import Tagging
from sandbox.aws.plugin.wire import Names
from sandbox.plugins.comparing import is_empty
from sandbox.plugins.resource import ImitatedResource


class AwsResource(ImitatedResource[Cloud]):
    """One token of the imitated ``aws`` provider: it has a region, and often tags."""

    sdk = SDK
    refusals = (ClientError, BotoCoreError)
    apart = frozenset({"tags"})
    names: ClassVar[Names] = {}
    tagging: ClassVar[Tagging | None] = None

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        """What the tag operations call the resource; its ARN for most services."""
        return str(outputs.get("arn") or resource_id)

    def cloud(self, context: Context, properties: Properties) -> Cloud:
        configuration = context.configuration or Configuration()
        region = properties.get("region")
        if not isinstance(region, str):
            region = configuration.region
        return Cloud(endpoint_url=self._endpoint_url, region=region, context=context)

    def explained(self, title: str, error: Exception) -> ResourceFailedError:
        if isinstance(error, ClientError | BotoCoreError):
            return explained(title, error)
        return ResourceFailedError(f"{title}: {error}")

    def is_gone(self, error: Exception) -> bool:
        return isinstance(error, ClientError) and is_gone(error)

    def provide(self, context: Context, old: Properties, inputs: dict[str, Any]) -> None:
        configuration = context.configuration or Configuration()
        known = self.schema.inputs
        if "region" in known:
            inputs.setdefault("region", configuration.region)
        if "tags" in known and configuration.default_tags and inputs.get("tags") is not UNKNOWN:
            inputs["tags"] = {**configuration.default_tags, **inputs.get("tags", {})}

    def change_apart(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties
    ) -> None:
        if self.tagging is not None:
            target = self.tag_target(cloud, resource_id, old)
            self.tagging.change(cloud, target, old.get("tags") or {}, new.get("tags") or {})

    def look(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = super().look(cloud, resource_id, known)
        if found is not None and self.tagging is not None and "tags" not in found:
            target = self.tag_target(cloud, resource_id, {**known, **found})
            found["tags"] = self.tagging.read(cloud, target)
        return found

    def declared_by(self, inputs: Properties, found: Properties) -> dict[str, Any]:
        declared = super().declared_by(inputs, found)
        if "tags" in self.schema.inputs and not is_empty(found.get("tags")):
            declared.setdefault("tags", found["tags"])
        return declared

    def placed(self, cloud: Cloud) -> dict[str, Any]:
        return {"region": cloud.region} if "region" in self.schema.inputs else {}

    def derived(self, properties: Properties) -> dict[str, Any]:
        if "tagsAll" not in self.schema.outputs:
            return {}
        tags = properties.get("tags")
        return {"tagsAll": UNKNOWN if contains_unknown(tags) else tags or {}}
