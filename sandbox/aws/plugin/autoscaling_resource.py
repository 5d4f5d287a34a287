"""What the application auto-scaling tokens share: four words name a resource."""

from typing import Final

from plugin.handler import Properties
from sandbox.aws.plugin.api_resource import ApiResource

_PARTS: Final = 3

WHERE: Final = frozenset({"resourceId", "scalableDimension", "serviceNamespace"})


def place(known: Properties, resource_id: str) -> dict[str, str]:
    """Namespace, resource and dimension; an import names ``namespace/resource/dimension``."""
    if known.get("serviceNamespace"):
        return {
            "ServiceNamespace": str(known["serviceNamespace"]),
            "ResourceId": str(known["resourceId"]),
            "ScalableDimension": str(known["scalableDimension"]),
        }
    parts = resource_id.split("/")
    if len(parts) < _PARTS:
        return {"ServiceNamespace": "", "ResourceId": resource_id, "ScalableDimension": ""}
    end = next((i for i, part in enumerate(parts) if part.count(":") > 1), len(parts) - 1)
    return {
        "ServiceNamespace": parts[0],
        "ResourceId": "/".join(parts[1:end]),
        "ScalableDimension": parts[end],
    }


class AutoScalingResource(ApiResource):
    """An application auto-scaling resource."""

    service = "application-autoscaling"
    identity = "ResourceId"
