"""``gcp:projects/iAMAuditConfig:IAMAuditConfig``."""

from typing import Any

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.policies import Policy, PolicyOf
from sandbox.gcp.plugin.resource import GcpResource
from sandbox.plugins.rules import one_of


class IamAuditConfig(GcpResource):
    """Which calls of a service are logged; authoritative for that service of the project."""

    token = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
    behaviour = "recorded"
    immutable = frozenset({"project", "service"})
    mutable = frozenset({"auditLogConfigs"})
    sets = frozenset({"auditLogConfigs", "exemptedMembers"})
    rules = (one_of("auditLogConfigs[].logType", {"ADMIN_READ", "DATA_READ", "DATA_WRITE"}),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        _set(cloud, inputs)
        return f"{inputs['project']}/audit_config/{inputs['service']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        # An import says "PROJECT SERVICE".
        project, _, service = resource_id.replace("/audit_config/", " ").partition(" ")
        policy = PolicyOf(f"/v1/projects/{project}").read(cloud)
        for config in policy.get("auditConfigs", []):
            if config.get("service") == service:
                return {
                    "auditLogConfigs": config.get("auditLogConfigs"),
                    "etag": policy.get("etag"),
                    "project": project,
                    "service": service,
                }
        return None

    def id_of(self, resource_id: str, found: Properties) -> str:
        return f"{found['project']}/audit_config/{found['service']}"

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        _set(cloud, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        _edit(cloud, outputs, None)


def _set(cloud: Cloud, inputs: Properties) -> None:
    _edit(
        cloud,
        inputs,
        {"service": inputs["service"], "auditLogConfigs": inputs["auditLogConfigs"]},
    )


def _edit(cloud: Cloud, properties: Properties, config: dict[str, Any] | None) -> None:
    def edit(policy: Policy) -> None:
        others = [
            one
            for one in policy.get("auditConfigs", [])
            if one.get("service") != properties["service"]
        ]
        policy["auditConfigs"] = [*others, config] if config else others

    PolicyOf(f"/v1/projects/{properties['project']}").change(cloud, edit)
