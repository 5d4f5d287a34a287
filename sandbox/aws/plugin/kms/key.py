"""``aws:kms/key:Key``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.resource import AwsResource
from sandbox.aws.plugin.rules import policy_text
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.rules import between, longest, one_of

TAGGING = Tagging(
    service="kms",
    list_operation="list_resource_tags",
    tag_operation="tag_resource",
    untag_operation="untag_resource",
    resource="KeyId",
    key="TagKey",
    value="TagValue",
)


class Key(AwsResource):
    """A customer managed key; deleting it schedules its deletion."""

    token = "aws:kms/key:Key"
    immutable = frozenset(
        {"customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "region"}
    )
    mutable = frozenset(
        {
            "bypassPolicyLockoutSafetyCheck",
            "deletionWindowInDays",
            "description",
            "enableKeyRotation",
            "isEnabled",
            "policy",
            "rotationPeriodInDays",
            "tags",
        }
    )
    local = frozenset({"bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"})
    defaults = {
        "bypassPolicyLockoutSafetyCheck": False,
        "customerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "enableKeyRotation": False,
        "isEnabled": True,
        "keyUsage": "ENCRYPT_DECRYPT",
    }
    unknown_until_created = frozenset({"description", "multiRegion", "policy"})
    untold = frozenset({"rotationPeriodInDays"})
    tagging = TAGGING
    rules = (
        between("deletionWindowInDays", 7, 30),
        between("rotationPeriodInDays", 90, 2560),
        longest("description", 8192),
        one_of(
            "keyUsage", {"ENCRYPT_DECRYPT", "SIGN_VERIFY", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT"}
        ),
        policy_text("policy"),
    )

    def make(self, cloud: Cloud, inputs: Properties) -> str:
        answer = cloud.run(
            "kms",
            "create_key",
            BypassPolicyLockoutSafetyCheck=inputs.get("bypassPolicyLockoutSafetyCheck"),
            CustomKeyStoreId=inputs.get("customKeyStoreId"),
            Description=inputs.get("description"),
            KeySpec=inputs["customerMasterKeySpec"],
            KeyUsage=inputs["keyUsage"],
            MultiRegion=inputs.get("multiRegion"),
            Policy=inputs.get("policy"),
            Tags=TAGGING.packed(inputs["tags"]) if inputs.get("tags") else None,
        )
        key_id = str(answer["KeyMetadata"]["KeyId"])
        if inputs.get("enableKeyRotation"):
            self._rotate(cloud, key_id, inputs)
        if inputs.get("isEnabled") is False:
            cloud.run("kms", "disable_key", KeyId=key_id)
        return key_id

    def find(self, cloud: Cloud, resource_id: str, known: Properties) -> dict[str, Any] | None:
        found = cloud.run("kms", "describe_key", KeyId=resource_id)["KeyMetadata"]
        if found["KeyState"] == "PendingDeletion":
            return None
        rotation: dict[str, Any] = {}
        if found["KeySpec"] == "SYMMETRIC_DEFAULT" and found["Enabled"]:
            rotation = cloud.run("kms", "get_key_rotation_status", KeyId=found["KeyId"])
        policy = cloud.run("kms", "get_key_policy", KeyId=found["KeyId"], PolicyName="default")
        rotates = bool(rotation.get("KeyRotationEnabled"))
        return {
            "arn": found["Arn"],
            "customKeyStoreId": found.get("CustomKeyStoreId"),
            "customerMasterKeySpec": found["KeySpec"],
            "description": found.get("Description"),
            "enableKeyRotation": rotates,
            "isEnabled": found["Enabled"],
            "keyId": found["KeyId"],
            "keyUsage": found["KeyUsage"],
            "multiRegion": bool(found.get("MultiRegion")),
            "policy": policy["Policy"],
            "rotationPeriodInDays": rotation.get("RotationPeriodInDays") if rotates else None,
        }

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if "isEnabled" in changed and new.get("isEnabled"):
            cloud.run("kms", "enable_key", KeyId=resource_id)
        if changed & {"enableKeyRotation", "rotationPeriodInDays"}:
            self._rotate(cloud, resource_id, new)
        if "description" in changed:
            text = new.get("description", "")
            cloud.run("kms", "update_key_description", KeyId=resource_id, Description=text)
        if "policy" in changed and new.get("policy"):
            cloud.run(
                "kms",
                "put_key_policy",
                KeyId=resource_id,
                PolicyName="default",
                Policy=new["policy"],
            )
        if "isEnabled" in changed and not new.get("isEnabled"):
            cloud.run("kms", "disable_key", KeyId=resource_id)

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if self.find(cloud, resource_id, outputs) is None:
            return
        days = outputs.get("deletionWindowInDays")
        cloud.run("kms", "schedule_key_deletion", KeyId=resource_id, PendingWindowInDays=days)

    def tag_target(self, cloud: Cloud, resource_id: str, outputs: Properties) -> str:
        return resource_id

    @staticmethod
    def _rotate(cloud: Cloud, key_id: str, inputs: Properties) -> None:
        if inputs.get("enableKeyRotation"):
            period = inputs.get("rotationPeriodInDays")
            cloud.run("kms", "enable_key_rotation", KeyId=key_id, RotationPeriodInDays=period)
        else:
            cloud.run("kms", "disable_key_rotation", KeyId=key_id)
