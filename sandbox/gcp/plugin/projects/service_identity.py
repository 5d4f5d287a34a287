"""``gcp:projects/serviceIdentity:ServiceIdentity``."""

from typing import Any

from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.resource import GcpResource


class ServiceIdentity(GcpResource):
    """The service agent of an API in a project, made when it is asked for and never removed."""

    token = "gcp:projects/serviceIdentity:ServiceIdentity"
    immutable = frozenset({"project", "service"})

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        resource_id = f"projects/{inputs['project']}/services/{inputs['service']}"
        _generate(cloud, resource_id)
        return resource_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        words = resource_id.split("/")
        if len(words) != 4:
            raise ResourceFailedError(f"{resource_id!r} is no id of the form projects/P/services/S")
        identity = _generate(cloud, resource_id)
        email = identity.get("email")
        return {
            "email": email,
            "member": f"serviceAccount:{email}" if email else None,
            "project": words[1],
            "service": words[3],
        }

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        """The cloud has no call for it."""


def _generate(cloud: Cloud, resource_id: str) -> dict[str, Any]:
    # Only the beta version has the method; it answers the same identity every time.
    operation = cloud.call("POST", f"/v1beta1/{resource_id}:generateServiceIdentity", body={})
    return cloud.wait(operation, "/v1beta1")
