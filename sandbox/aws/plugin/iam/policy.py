"""``aws:iam/policy:Policy``."""

import json
from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import policy_text
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import longest

TAGGING = Tagging(
    service="iam",
    list_operation="list_policy_tags",
    tag_operation="tag_policy",
    untag_operation="untag_policy",
    resource="PolicyArn",
)
_MOST_VERSIONS = 5  # IAM keeps no more of a policy


class Policy(AwsResource):
    """A managed policy; a changed document is a new default version."""

    token = "aws:iam/policy:Policy"
    auto_name = AutoName("name", 128)
    immutable = frozenset({"description", "name", "namePrefix", "path"})
    mutable = frozenset({"delayAfterPolicyCreationInMs", "policy", "tags"})
    local = frozenset({"delayAfterPolicyCreationInMs"})
    defaults = {"path": "/"}
    tagging = TAGGING
    rules = (longest("name", 128), longest("description", 1000), policy_text("policy"))

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "iam",
            "create_policy",
            PolicyName=inputs["name"],
            PolicyDocument=inputs["policy"],
            Description=inputs.get("description"),
            Path=inputs["path"],
            Tags=TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None,
        )
        return str(answer["Policy"]["Arn"])

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("iam", "get_policy", PolicyArn=resource_id)["Policy"]
        version = cloud.run(
            "iam",
            "get_policy_version",
            PolicyArn=resource_id,
            VersionId=found["DefaultVersionId"],
        )
        document = version["PolicyVersion"]["Document"]
        return {
            "arn": found["Arn"],
            "attachmentCount": found.get("AttachmentCount", 0),
            "description": found.get("Description"),
            "name": found["PolicyName"],
            "path": found["Path"],
            "policy": document if isinstance(document, str) else json.dumps(document),
            "policyId": found["PolicyId"],
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if "policy" not in changed:
            return
        versions = self._other_versions(cloud, resource_id)
        if len(versions) >= _MOST_VERSIONS - 1:
            cloud.run("iam", "delete_policy_version", PolicyArn=resource_id, VersionId=versions[-1])
        cloud.run(
            "iam",
            "create_policy_version",
            PolicyArn=resource_id,
            PolicyDocument=new["policy"],
            SetAsDefault=True,
        )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        for version in self._other_versions(cloud, resource_id):
            cloud.run("iam", "delete_policy_version", PolicyArn=resource_id, VersionId=version)
        cloud.run("iam", "delete_policy", PolicyArn=resource_id)

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return resource_id

    @staticmethod
    def _other_versions(cloud: Cloud, arn: str) -> list[str]:
        """The versions that are not the default, newest first."""
        versions = cloud.run("iam", "list_policy_versions", PolicyArn=arn)["Versions"]
        others = [item for item in versions if not item["IsDefaultVersion"]]
        others.sort(key=lambda item: int(item["VersionId"][1:]), reverse=True)
        return [str(item["VersionId"]) for item in others]
