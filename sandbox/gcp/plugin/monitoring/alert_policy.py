"""``gcp:monitoring/alertPolicy:AlertPolicy``."""

from typing import Any

from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.rules import each, one_of


def _absence_fault(duration: Any) -> str | None:
    # https://cloud.google.com/monitoring/alerts/concepts-indepth (metric-absence conditions)
    try:
        seconds = float(str(duration).removesuffix("s"))
    except ValueError:
        return f"{duration!r}: expected seconds such as 3600s"
    if 120 <= seconds <= 23.5 * 3600:
        return None
    return f"{duration!r}: a metric's absence is told after 2 minutes to 23.5 hours (84600s)"


class AlertPolicy(RestResource):
    """When to notify whom; conditions are not evaluated here."""

    token = "gcp:monitoring/alertPolicy:AlertPolicy"
    behaviour = "recorded"
    immutable = frozenset({"project"})
    mutable = frozenset(
        {
            "alertStrategy",
            "combiner",
            "conditions",
            "deletionPolicy",
            "displayName",
            "documentation",
            "enabled",
            "notificationChannels",
            "severity",
            "userLabels",
        }
    )
    defaults = {"enabled": True}
    sets = frozenset({"groupByFields"})
    assumed = {
        "documentation.mimeType": "text/markdown",
    }
    chosen_by_cloud = ("conditions[].name",)
    version = "/v3"
    kind = "alertPolicies"
    identified_by = ""
    short_names = False
    names = {"creationRecords": "creationRecord"}
    rules = (
        one_of("combiner", {"AND", "OR", "AND_WITH_MATCHING_RESOURCE"}),
        one_of("severity", {"CRITICAL", "ERROR", "WARNING"}),
        each("conditions[].conditionAbsent.duration", _absence_fault),
    )

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        record = answer.get("creationRecord")
        return {"creationRecords": [record] if record else [], "name": resource_id}
