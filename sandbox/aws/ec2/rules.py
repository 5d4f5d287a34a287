"""Rules of security groups: descriptions for every kind of peer, duplicates, changes in place."""

from collections.abc import Iterator
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ec2.models.security_groups import SecurityGroup, SecurityGroupRule

from sandbox.aws.context import Call, Context, Refusal

_PEERS = {
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
    "UserIdGroupPairs": "GroupId",
}
_KINDS = {
    "CidrIpv4": "CidrIp",
    "CidrIpv6": "CidrIpv6",
    "PrefixListId": "PrefixListId",
    "ReferencedGroupId": "GroupId",
}
_Key = tuple[str, int | None, int | None, str, str]


def _group(call: Call) -> SecurityGroup | None:
    backend = ec2_backends[call.account][call.region]
    found: SecurityGroup | None = backend.get_security_group_by_name_or_id(
        call.params.get("GroupId", "")
    )
    return found


def _wanted(call: Call) -> Iterator[tuple[_Key, str]]:
    """What is to be allowed: protocol, ports, kind and name of the peer; and its description."""
    for permission in call.params.get("IpPermissions") or []:
        everything = permission["IpProtocol"] == "-1"
        ports = (None, None) if everything else (permission["FromPort"], permission["ToPort"])
        for member, kind in _PEERS.items():
            for peer in permission.get(member) or []:
                if peer.get(kind):
                    key = (permission["IpProtocol"], *ports, kind, peer[kind])
                    yield key, peer.get("Description", "")


def _key(rule: SecurityGroupRule) -> _Key:
    ports = (rule.from_port, rule.to_port)
    if rule.ip_protocol == "-1":
        ports = (None, None)
    kind, peer = _peer(rule)
    return (str(rule.ip_protocol), *ports, kind, peer)


def _peer(rule: SecurityGroupRule) -> tuple[str, str]:
    if rule.prefix_list_id:
        return "PrefixListId", rule.prefix_list_id
    if rule.source_group:
        return "GroupId", str(rule.source_group.get("GroupId"))
    kind = "CidrIp" if rule.ip_range.get("CidrIp") else "CidrIpv6"
    return kind, str(rule.ip_range.get(kind))


def authorize(call: Call) -> Any:
    """Refuses what is allowed already, whatever its description; keeps every description."""
    group = _group(call)
    if group is None:
        return call.original()
    is_egress = call.operation.endswith("Egress")
    rules = group.egress_rules if is_egress else group.ingress_rules
    wanted = dict(_wanted(call))
    known = {_key(rule) for rule in rules}
    for key in wanted:
        if key in known:
            protocol, first, last, _, peer = key
            ports = "ALL" if first is None else f"from port: {first}, to port: {last}"
            raise Refusal(
                "InvalidPermission.Duplicate",
                f'the specified rule "peer: {peer}, {protocol}, {ports}, ALLOW" already exists',
            )
    answer = call.original()
    for rule in rules:
        text = wanted.get(_key(rule))
        if text:
            rule.ip_range["Description"] = text
    return answer


def modify(call: Call) -> dict[str, bool]:
    """Changes rules in place; the kind of a rule's peer cannot change, as in the cloud."""
    group = _group(call)
    for update in call.params["SecurityGroupRules"]:
        rule_id, new = update["SecurityGroupRuleId"], update["SecurityGroupRule"]
        rule = group.get_rule(rule_id) if group else None
        if rule is None:
            raise Refusal(
                "InvalidSecurityGroupRuleId.NotFound",
                f"The security group rule ID '{rule_id}' does not exist",
            )
        _modify(call, rule, new)
    return {"Return": True}


def _modify(call: Call, rule: SecurityGroupRule, new: dict[str, Any]) -> None:
    given = [(kind, new[name]) for name, kind in _KINDS.items() if new.get(name)]
    if len(given) != 1:
        raise Refusal(
            "InvalidParameterCombination",
            "Exactly one of CidrIpv4, CidrIpv6, PrefixListId, or ReferencedGroupId is needed",
        )
    kind, peer = given[0]
    if kind != _peer(rule)[0]:
        raise Refusal(
            "InvalidParameterValue",
            f"Invalid rule type for security group rule '{rule.id}'. "
            f"You may not specify {kind} for an existing {_peer(rule)[0]} rule.",
        )
    everything = new["IpProtocol"] == "-1"
    if not everything and None in (new.get("FromPort"), new.get("ToPort")):
        raise Refusal(
            "InvalidParameterValue",
            "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.",
        )
    rule.ip_protocol = new["IpProtocol"]
    rule.from_port = None if everything else new["FromPort"]
    rule.to_port = None if everything else new["ToPort"]
    text = {"Description": new["Description"]} if new.get("Description") else {}
    rule.ip_range = {kind: peer, **text} if kind.startswith("Cidr") else dict(text)
    if kind == "PrefixListId":
        rule.prefix_list_id = peer
    if kind == "GroupId":
        owner = {"OwnerId": call.account, "UserId": call.account}
        rule.source_group = {"GroupId": peer, **owner, **text}


def install(context: Context) -> None:
    """Plug the operations in."""
    context.operation("ec2", "AuthorizeSecurityGroupIngress", authorize)
    context.operation("ec2", "AuthorizeSecurityGroupEgress", authorize)
    context.operation("ec2", "ModifySecurityGroupRules", modify)
