"""The rules written inside a security group, as the API's permissions and back."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from plugin import UNKNOWN, CheckFailure
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import Rule

Permission = dict[str, Any]
_PROTOCOLS = {"all": "-1", "6": "tcp", "17": "udp", "1": "icmp"}
_SOURCES = (
    ("cidrBlocks", "IpRanges", "CidrIp"),
    ("ipv6CidrBlocks", "Ipv6Ranges", "CidrIpv6"),
    ("prefixListIds", "PrefixListIds", "PrefixListId"),
    ("securityGroups", "UserIdGroupPairs", "GroupId"),
)


def protocol(name: str) -> str:
    """The API's name of a protocol: ``-1`` for all, ``tcp`` for 6."""
    return _PROTOCOLS.get(name.lower(), name.lower())


def wired(rule: Mapping[str, Any], group_id: str) -> Permission:
    """A rule of the program as one permission."""
    permission: Permission = {"IpProtocol": protocol(rule["protocol"])}
    if permission["IpProtocol"] != "-1":
        permission |= {"FromPort": rule["fromPort"], "ToPort": rule["toPort"]}
    text = {"Description": rule["description"]} if rule.get("description") else {}
    for name, member, field in _SOURCES:
        values = list(rule.get(name) or [])
        if name == "securityGroups" and rule.get("self"):
            values.append(group_id)
        if values:
            permission[member] = [{field: value, **text} for value in values]
    return permission


def told(permissions: Sequence[Mapping[str, Any]], group_id: str) -> list[dict[str, Any]]:
    """The cloud's permissions as rules: one for each range of ports and description."""
    rules: dict[tuple[Any, ...], dict[str, Any]] = {}
    for permission in permissions:
        for name, member, field in _SOURCES:
            for source in permission.get(member) or []:
                rule = _rule(rules, permission, source.get("Description") or "")
                value = source.get(field)
                if name == "securityGroups" and value == group_id:
                    rule["self"] = True
                else:
                    rule.setdefault(name, []).append(value)
    return list(rules.values())


def _rule(
    rules: dict[tuple[Any, ...], dict[str, Any]], permission: Mapping[str, Any], text: str
) -> dict[str, Any]:
    ports = (permission.get("FromPort", 0), permission.get("ToPort", 0))
    key = (permission["IpProtocol"], *ports, text)
    base = {"protocol": key[0], "fromPort": ports[0], "toPort": ports[1], "self": False}
    return rules.setdefault(key, {**base, **({"description": text} if text else {})})


def replace(
    cloud: Cloud, group_id: str, way: str, before: Sequence[Permission], after: Sequence[Permission]
) -> None:
    """Takes away the permissions that are not wanted and adds those that are missing.

    ``way`` is ``ingress`` or ``egress``.
    """
    gone = [item for item in before if item not in after]
    new = [item for item in after if item not in before]
    if gone:
        cloud.run("ec2", f"revoke_security_group_{way}", GroupId=group_id, IpPermissions=gone)
    if new:
        cloud.run("ec2", f"authorize_security_group_{way}", GroupId=group_id, IpPermissions=new)


def sources_given(way: str) -> Rule:
    """Each rule inside a group must say from or to where."""

    def rule(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
        rules = inputs.get(way)
        for index, item in enumerate(rules if isinstance(rules, list) else []):
            if item is UNKNOWN:
                continue
            if not item.get("self") and not any(item.get(name) for name, _, _ in _SOURCES):
                listed = ", ".join(name for name, _, _ in _SOURCES)
                reason = f"one of {listed} or self is needed"
                yield CheckFailure(property=f"{way}[{index}]", reason=reason)

    return rule
