"""``gcp:kms/keyRing:KeyRing``."""

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import matches


class KeyRing(RestResource):
    """A key ring: the cloud never deletes one, so destroying takes it out of the state only."""

    token = "gcp:kms/keyRing:KeyRing"
    immutable = frozenset({"location", "name", "project"})
    auto_name = AutoName("name", 63)
    parent = "projects/{project}/locations/{location}"
    kind = "keyRings"
    id_parameter = "keyRingId"
    rules = (
        matches("name", r"[a-zA-Z0-9_-]{1,63}", "1 to 63 letters, digits, _ and - are allowed"),
    )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        """There is no such call."""
