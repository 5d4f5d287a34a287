"""``aws:iam/role:Role``."""

import json
from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import policy_text
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import between, longest, matches

TAGGING = Tagging(
    service="iam",
    list_operation="list_role_tags",
    tag_operation="tag_role",
    untag_operation="untag_role",
    resource="RoleName",
)


class Role(AwsResource):
    """A role that a service or account may take on."""

    token = "aws:iam/role:Role"
    auto_name = AutoName("name", 64)
    immutable = frozenset({"name", "namePrefix", "path"})
    mutable = frozenset(
        {
            "assumeRolePolicy",
            "description",
            "forceDetachPolicies",
            "maxSessionDuration",
            "permissionsBoundary",
            "tags",
        }
    )
    local = frozenset({"forceDetachPolicies"})
    defaults = {"forceDetachPolicies": False, "maxSessionDuration": 3600, "path": "/"}
    instead = {
        "inlinePolicies": "aws.iam.RolePolicy",
        "managedPolicyArns": "aws.iam.RolePolicyAttachment",
    }
    tagging = TAGGING
    rules = (
        longest("name", 64),
        matches("name", r"[\w+=,.@-]*", "letters, digits and +=,.@-_ are allowed"),
        between("maxSessionDuration", 3600, 43200),
        longest("description", 1000),
        policy_text("assumeRolePolicy"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        cloud.run(
            "iam",
            "create_role",
            RoleName=inputs["name"],
            AssumeRolePolicyDocument=inputs["assumeRolePolicy"],
            Description=inputs.get("description"),
            MaxSessionDuration=inputs["maxSessionDuration"],
            Path=inputs["path"],
            PermissionsBoundary=inputs.get("permissionsBoundary"),
            Tags=TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None,
        )
        return str(inputs["name"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("iam", "get_role", RoleName=resource_id)["Role"]
        return {
            "arn": found["Arn"],
            "assumeRolePolicy": _as_text(found["AssumeRolePolicyDocument"]),
            "createDate": found["CreateDate"].strftime("%Y-%m-%dT%H:%M:%SZ"),
            "description": found.get("Description"),
            "maxSessionDuration": found.get("MaxSessionDuration"),
            "name": found["RoleName"],
            "path": found["Path"],
            "permissionsBoundary": found.get("PermissionsBoundary", {}).get(
                "PermissionsBoundaryArn"
            ),
            "uniqueId": found["RoleId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if "assumeRolePolicy" in changed:
            document = new["assumeRolePolicy"]
            cloud.run(
                "iam", "update_assume_role_policy", RoleName=resource_id, PolicyDocument=document
            )
        if changed & {"description", "maxSessionDuration"}:
            cloud.run(
                "iam",
                "update_role",
                RoleName=resource_id,
                Description=new.get("description", ""),
                MaxSessionDuration=new["maxSessionDuration"],
            )
        if "permissionsBoundary" in changed:
            self._bound(cloud, resource_id, new.get("permissionsBoundary"))

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if outputs.get("forceDetachPolicies"):
            self._detach(cloud, resource_id)
        cloud.run("iam", "delete_role", RoleName=resource_id)

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return resource_id

    @staticmethod
    def _bound(cloud: Cloud, name: str, boundary: Any) -> None:
        if boundary:
            cloud.run(
                "iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=boundary
            )
        else:
            cloud.run("iam", "delete_role_permissions_boundary", RoleName=name)

    @staticmethod
    def _detach(cloud: Cloud, name: str) -> None:
        attached = cloud.run("iam", "list_attached_role_policies", RoleName=name)
        for policy in attached["AttachedPolicies"]:
            cloud.run("iam", "detach_role_policy", RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy_name in cloud.run("iam", "list_role_policies", RoleName=name)["PolicyNames"]:
            cloud.run("iam", "delete_role_policy", RoleName=name, PolicyName=policy_name)


def _as_text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document)
