"""What EC2 refuses, replaces and keeps, beyond what holds for every token."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.plugin.stub import Engine, Live, OperationFailedError

VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
HTTPS = {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443}
Make = Callable[..., Live]


@pytest.fixture
def make(engine: Engine) -> Iterator[Make]:
    """Creates resources, and deletes them in reverse order."""
    made: list[Live] = []

    def create(token: str, **inputs: Any) -> Live:
        made.append(engine.create(token, f"thing{len(made)}", inputs))
        return made[-1]

    yield create
    for live in reversed(made):
        engine.delete(live)


@pytest.fixture
def vpc(make: Make) -> Live:
    return make(VPC, cidrBlock="10.7.0.0/16")


@pytest.fixture
def groups(make: Make, vpc: Live) -> list[Live]:
    return [make(GROUP, vpcId=vpc.id) for _ in range(2)]


@pytest.mark.parametrize("peer", ["group", "prefix list", "range"])
@pytest.mark.parametrize("token", [INGRESS, EGRESS])
def test_a_rule_tells_its_description_and_ports_whatever_its_peer(
    engine: Engine, make: Make, boto: Any, groups: list[Live], token: str, peer: str
) -> None:
    named = [{"Name": "prefix-list-name", "Values": ["com.amazonaws.us-east-1.s3"]}]
    lists = boto("ec2").describe_managed_prefix_lists(Filters=named)["PrefixLists"]
    source = {
        "group": {"referencedSecurityGroupId": groups[1].id},
        "prefix list": {"prefixListId": lists[0]["PrefixListId"]},
        "range": {"cidrIpv4": "10.9.0.0/16"},
    }[peer]
    rule = make(token, securityGroupId=groups[0].id, description="why", **HTTPS, **source)
    assert rule.id.startswith("sgr-")
    assert rule.outputs["description"] == "why"
    changed = {**source, **HTTPS, "securityGroupId": groups[0].id, "description": "other"}
    updated = engine.update(rule, {**changed, "toPort": 444})
    found = engine.read(updated)
    assert found is not None
    assert found.inputs == updated.inputs
    assert (found.outputs["description"], found.outputs["toPort"]) == ("other", 444)


def test_another_kind_of_peer_replaces_a_rule(
    engine: Engine, make: Make, groups: list[Live]
) -> None:
    rule = make(INGRESS, securityGroupId=groups[0].id, cidrIpv4="10.0.0.0/8", **HTTPS)
    wanted = {"securityGroupId": groups[0].id, "referencedSecurityGroupId": groups[1].id, **HTTPS}
    checked = engine.check(INGRESS, rule.name, wanted, rule.inputs)
    difference = engine.diff(rule, checked.inputs)
    assert set(difference.replaces) == {"cidrIpv4", "referencedSecurityGroupId"}


def test_the_same_rule_again_is_refused_even_with_another_description(
    make: Make, groups: list[Live]
) -> None:
    rule = {"securityGroupId": groups[0].id, "referencedSecurityGroupId": groups[1].id, **HTTPS}
    make(INGRESS, description="one", **rule)
    with pytest.raises(OperationFailedError, match=r"InvalidPermission\.Duplicate"):
        make(INGRESS, description="two", **rule)


def test_a_rule_of_another_direction_is_not_found_as_this_one(
    engine: Engine, make: Make, groups: list[Live]
) -> None:
    rule = make(EGRESS, securityGroupId=groups[0].id, cidrIpv4="10.0.0.0/8", **HTTPS)
    assert engine.load(INGRESS, "thing", rule.id) is None


def test_a_rule_added_by_hand_shows_in_the_default_group(
    engine: Engine, make: Make, boto: Any, vpc: Live
) -> None:
    group = make("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", vpcId=vpc.id)
    assert not group.outputs.get("ingress")
    assert not group.outputs.get("egress")
    permission = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    boto("ec2").authorize_security_group_ingress(GroupId=group.id, IpPermissions=[permission])
    found = engine.read(group)
    assert found is not None
    assert found.outputs["ingress"][0]["cidrBlocks"] == ["0.0.0.0/0"]


def test_private_dns_changes_in_place_for_an_interface_only(
    engine: Engine, make: Make, vpc: Live
) -> None:
    place = {"vpcId": vpc.id, "serviceName": "com.amazonaws.us-east-1.sts"}
    interface = make(ENDPOINT, vpcEndpointType="Interface", privateDnsEnabled=True, **place)
    wanted = {**place, "vpcEndpointType": "Interface", "privateDnsEnabled": False}
    assert engine.update(interface, wanted).outputs["privateDnsEnabled"] is False
    gateway_place = {**place, "serviceName": "com.amazonaws.us-east-1.s3"}
    gateway = make(ENDPOINT, vpcEndpointType="Gateway", **gateway_place)
    checked = engine.check(
        ENDPOINT, gateway.name, {**gateway_place, "privateDnsEnabled": True}, gateway.inputs
    )
    assert engine.diff(gateway, checked.inputs).replaces == ["privateDnsEnabled"]


def test_a_gateway_endpoint_routes_in_the_tables_it_has_now(
    engine: Engine, make: Make, boto: Any, vpc: Live
) -> None:
    tables = [make("aws:ec2/routeTable:RouteTable", vpcId=vpc.id) for _ in range(2)]
    place = {"vpcId": vpc.id, "serviceName": "com.amazonaws.us-east-1.s3"}
    endpoint = make(ENDPOINT, routeTableIds=[tables[0].id], **place)
    assert endpoint.outputs["prefixListId"].startswith("pl-")
    moved = engine.update(endpoint, {**place, "routeTableIds": [tables[1].id]})
    routes = boto("ec2").describe_route_tables(RouteTableIds=[table.id for table in tables])
    through = {
        table["RouteTableId"]
        for table in routes["RouteTables"]
        if any(route.get("GatewayId") == moved.id for route in table["Routes"])
    }
    assert through == {tables[1].id}
    # Its routes are no routes of the table's own.
    found = engine.read(tables[1])
    assert found is not None
    assert found.outputs.get("routes", []) == tables[1].outputs.get("routes", [])


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (VPC, {"cidrBlock": "10.0.0.1/16"}),
        (VPC, {"cidrBlock": "10.0.0.0/8"}),
        (SUBNET, {"vpcId": "vpc-1", "cidrBlock": "ten"}),
        (SUBNET, {"vpcId": "vpc-1", "cidrBlock": "10.0.0.0/29"}),
    ],
)
def test_an_address_range_is_refused_before_anything_is_created(
    engine: Engine, token: str, inputs: dict[str, Any]
) -> None:
    assert [path for path, _ in engine.check(token, "thing", inputs).failures] == ["cidrBlock"]


def test_a_network_in_use_cannot_be_deleted(engine: Engine, make: Make, vpc: Live) -> None:
    make(SUBNET, vpcId=vpc.id, cidrBlock="10.7.0.0/24")
    with pytest.raises(OperationFailedError, match="DependencyViolation"):
        engine.delete(vpc)


def test_a_group_name_is_taken_once_in_a_network(make: Make, vpc: Live) -> None:
    name = f"named-{uuid.uuid4().hex[:8]}"
    make(GROUP, vpcId=vpc.id, name=name)
    with pytest.raises(OperationFailedError, match=r"InvalidGroup\.Duplicate"):
        make(GROUP, vpcId=vpc.id, name=name)
