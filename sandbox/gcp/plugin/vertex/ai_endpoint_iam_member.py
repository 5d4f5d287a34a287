"""``gcp:vertex/aiEndpointIamMember:AiEndpointIamMember``."""

import re
from typing import Any

from plugin.handler import Properties, ResourceFailedError
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.iam_member import IamMember
from sandbox.gcp.plugin.policies import PolicyOf

_NAME = re.compile(r"projects/([^/]+)/locations/([^/]+)/endpoints/([^/]+)")


class EndpointIamMember(IamMember):
    """Who may do what with an endpoint; nobody is kept out here."""

    token = "gcp:vertex/aiEndpointIamMember:AiEndpointIamMember"
    behaviour = "recorded"
    immutable = frozenset({"condition", "endpoint", "location", "member", "project", "role"})

    def holder(self, cloud: Cloud, properties: Properties) -> PolicyOf:
        return PolicyOf(f"/v1beta1/{self.prefix(properties)}")

    def prefix(self, properties: Properties) -> str:
        place = f"projects/{properties['project']}/locations/{properties['location']}"
        return f"{place}/endpoints/{str(properties['endpoint']).rsplit('/', 1)[-1]}"

    def parts(self, prefix: str) -> dict[str, Any]:
        found = _NAME.fullmatch(prefix)
        if found is None:
            raise ResourceFailedError(f"{prefix!r} is no endpoint's full name")
        return dict(zip(("project", "location", "endpoint"), found.groups(), strict=True))
