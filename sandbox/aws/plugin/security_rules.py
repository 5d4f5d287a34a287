"""The inline rules of a security group: set as a whole, by taking away and giving."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.ec2_resource import block, permission, with_self

_DIRECTIONS = {
    "ingress": (
        "IpPermissions",
        "authorize_security_group_ingress",
        "revoke_security_group_ingress",
    ),
    "egress": (
        "IpPermissionsEgress",
        "authorize_security_group_egress",
        "revoke_security_group_egress",
    ),
}


def set_rules(
    cloud: Cloud, group: dict[str, Any], inputs: Properties, directions: tuple[str, ...]
) -> None:
    """Makes a group's rules those of the inputs; ``group`` is its description."""
    for direction in directions:
        member, authorize, revoke = _DIRECTIONS[direction]
        present = [_bare(item) for item in group.get(member) or ()]
        if present:
            cloud.run("ec2", revoke, GroupId=group["GroupId"], IpPermissions=present)
        wanted = [permission(rule) for rule in inputs.get(direction) or ()]
        if wanted:
            rules = with_self(wanted, group["GroupId"])
            cloud.run("ec2", authorize, GroupId=group["GroupId"], IpPermissions=rules)


def told_rules(group: dict[str, Any], direction: str) -> list[dict[str, Any]]:
    """A group's rules as inline blocks."""
    member = _DIRECTIONS[direction][0]
    return [block(item, group["GroupId"]) for item in group.get(member) or ()]


def _bare(item: dict[str, Any]) -> dict[str, Any]:
    """A permission as the revocation takes it: without what only descriptions have."""
    kept = {key: value for key, value in item.items() if value != []}
    pairs = kept.get("UserIdGroupPairs")
    if pairs:
        kept["UserIdGroupPairs"] = [
            {key: pair[key] for key in ("GroupId", "Description") if key in pair} for pair in pairs
        ]
    return kept
