"""The imitated ``gcp`` provider: all handlers and functions over one sandbox."""

import json
import os
from collections.abc import Mapping
from typing import Any, Final

from plugin import Context, Provider, contains_unknown
from plugin.handler import ResourceFailedError
from sandbox.gcp.plugin import functions
from sandbox.gcp.plugin.cloud import DEFAULT_PROJECT, DEFAULT_REGION, Cloud, Configuration
from sandbox.gcp.plugin.registry import handler_classes
from sandbox.gcp.plugin.resource import SDK

# In this order, as the real provider looks for them.
_PROJECT: Final = (
    "GOOGLE_PROJECT",
    "GOOGLE_CLOUD_PROJECT",
    "GCLOUD_PROJECT",
    "CLOUDSDK_CORE_PROJECT",
)
_REGION: Final = ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION")


class GcpProvider(Provider):
    """Speaks for pulumi-gcp of the installed SDK's version, against one endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(
            name="gcp",
            version=SDK.version,
            handlers=[kind(endpoint_url) for kind in handler_classes().values()],
        )
        self._endpoint_url = endpoint_url

    def configure(self, variables: Mapping[str, Any]) -> Configuration:
        """Takes project, region, zone and labels; endpoints and credentials are the sandbox's.

        Raises:
            ResourceFailedError: when a value is none of those allowed.
        """
        region = _text(variables.get("region")) or _environment(_REGION) or DEFAULT_REGION
        strategy = _text(variables.get("pulumiAttributionLabelAdditionStrategy"))
        if strategy not in (None, "", "CREATION_ONLY", "PROACTIVE"):
            raise ResourceFailedError(
                f"gcp:pulumiAttributionLabelAdditionStrategy: {strategy!r} is not allowed; "
                "allowed: CREATION_ONLY, PROACTIVE"
            )
        labels = _plain(variables.get("defaultLabels"))
        return Configuration(
            project=_text(variables.get("project")) or _environment(_PROJECT) or DEFAULT_PROJECT,
            region=region,
            zone=_text(variables.get("zone")) or f"{region}-a",
            default_labels=labels if isinstance(labels, dict) else {},
            attribution=_plain(variables.get("addPulumiAttributionLabel")) is not False,
            attribution_always=strategy == "PROACTIVE",
        )

    def invoke(self, token: str, arguments: Mapping[str, Any], configuration: Any) -> Any:
        function = functions.FUNCTIONS.get(token)
        if function is None:
            raise ResourceFailedError(f"{token} is not supported by the sandbox's gcp provider")
        if contains_unknown(arguments):
            raise ResourceFailedError(f"{token}: the arguments must be known")
        cloud = Cloud(self._endpoint_url, configuration or Configuration(), Context())
        return function(cloud, arguments)


def warm() -> None:
    """Reads the types of all tokens."""
    for token in handler_classes():
        SDK.resource(token)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _environment(names: tuple[str, ...]) -> str | None:
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def _plain(value: Any) -> Any:
    """A configuration value: all but texts come as JSON text."""
    if isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
