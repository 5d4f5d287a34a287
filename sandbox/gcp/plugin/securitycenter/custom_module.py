"""``gcp:securitycenter/managementProjectSecurityHealthAnalyticsCustomModule:…``."""

from typing import Any

from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.rules import matches, one_of


class CustomModule(RestResource):
    """A rule of the project's own for Security Health Analytics; nothing is looked at here."""

    token = (
        "gcp:securitycenter/managementProjectSecurityHealthAnalyticsCustomModule:"
        "ManagementProjectSecurityHealthAnalyticsCustomModule"
    )
    behaviour = "recorded"
    immutable = frozenset({"displayName", "location", "project"})
    mutable = frozenset({"customConfig", "deletionPolicy", "enablementState"})
    local = frozenset({"deletionPolicy"})
    defaults = {"location": "global"}
    parent = "projects/{project}/locations/{location}"
    kind = "securityHealthAnalyticsCustomModules"
    identified_by = ""
    short_names = False
    rules = (
        matches(
            "displayName",
            r"[a-z]\w{0,127}",
            "1 to 128 letters, digits and underscores, a small letter first",
        ),
        one_of("enablementState", {"ENABLED", "DISABLED"}),
        one_of("customConfig.severity", {"CRITICAL", "HIGH", "MEDIUM", "LOW"}),
    )

    def more(self, cloud: Cloud, resource_id: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {"name": resource_id}
