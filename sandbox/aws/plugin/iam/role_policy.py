"""``aws:iam/rolePolicy:RolePolicy``."""

import json
from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import policy_text
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest


class RolePolicy(AwsResource):
    """A policy that lives inside a role; its id is ``role:policy``."""

    token = "aws:iam/rolePolicy:RolePolicy"
    auto_name = AutoName("name", 128)
    immutable = frozenset({"name", "namePrefix", "role"})
    mutable = frozenset({"policy"})
    rules = (longest("name", 128), policy_text("policy"))

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        self._put(cloud, inputs)
        return f"{inputs['role']}:{inputs['name']}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        role, _, name = resource_id.partition(":")
        found = cloud.run("iam", "get_role_policy", RoleName=role, PolicyName=name)
        document = found["PolicyDocument"]
        text = document if isinstance(document, str) else json.dumps(document)
        return {"name": name, "policy": text, "role": role}

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        self._put(cloud, new)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        role, _, name = resource_id.partition(":")
        cloud.run("iam", "delete_role_policy", RoleName=role, PolicyName=name)

    @staticmethod
    def _put(cloud: Cloud, inputs: Properties) -> None:
        cloud.run(
            "iam",
            "put_role_policy",
            RoleName=inputs["role"],
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
        )
