"""``aws:iam/rolePolicyAttachment:RolePolicyAttachment``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import arn


class RolePolicyAttachment(AwsResource):
    """A managed policy on a role; its id is ``role/policy-arn``."""

    token = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
    immutable = frozenset({"policyArn", "role"})
    rules = (arn("policyArn"),)

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        role, policy = inputs["role"], inputs["policyArn"]
        cloud.run("iam", "attach_role_policy", RoleName=role, PolicyArn=policy)
        return f"{role}/{policy}"

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        role, _, policy = resource_id.partition("/")
        pages = cloud.client("iam").get_paginator("list_attached_role_policies")
        for page in pages.paginate(RoleName=role):
            if any(item["PolicyArn"] == policy for item in page["AttachedPolicies"]):
                return {"policyArn": policy, "role": role}
        return None

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        role, _, policy = resource_id.partition("/")
        cloud.run("iam", "detach_role_policy", RoleName=role, PolicyArn=policy)
