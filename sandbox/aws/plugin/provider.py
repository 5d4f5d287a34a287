"""The imitated ``aws`` provider: all handlers and functions over one sandbox."""

import json
from collections.abc import Mapping
from typing import Any

from plugin import Provider, contains_unknown
from plugin.handler import ResourceFailedError
from sandbox.aws.plugin import functions, schema
from sandbox.aws.plugin.cloud import DEFAULT_REGION, Cloud, Configuration
from sandbox.aws.plugin.registry import handler_classes


class AwsProvider(Provider):
    """Speaks for pulumi-aws of the installed SDK's version, against one endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(
            name="aws",
            version=schema.sdk_version(),
            handlers=[kind(endpoint_url) for kind in handler_classes().values()],
        )
        self._endpoint_url = endpoint_url

    def configure(self, variables: Mapping[str, Any]) -> Configuration:
        """Takes ``region`` and ``defaultTags``; endpoints and credentials are the sandbox's own.

        Raises:
            ResourceFailedError: when an assumed account is not the sandbox's.
        """
        region = variables.get("region")
        tags = _plain(variables.get("defaultTags")) or {}
        default_tags = tags.get("tags") if isinstance(tags, dict) else None
        return Configuration(
            region=region if isinstance(region, str) and region else DEFAULT_REGION,
            default_tags=default_tags if isinstance(default_tags, dict) else {},
        )

    def invoke(self, token: str, arguments: Mapping[str, Any], configuration: Any) -> Any:
        function = functions.FUNCTIONS.get(token)
        if function is None:
            raise ResourceFailedError(f"{token} is not supported by the sandbox's aws provider")
        if contains_unknown(arguments):
            raise ResourceFailedError(f"{token}: the arguments must be known")
        configured = configuration or Configuration()
        region = arguments.get("region") or configured.region
        cloud = Cloud(endpoint_url=self._endpoint_url, region=region, context=functions.NO_CONTEXT)
        return function(cloud, arguments)


def _plain(value: Any) -> Any:
    """A configuration value: nested ones come as JSON text."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
