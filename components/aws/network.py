"""A private network for jobs, models and endpoints, without any way to the internet."""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws

from components.aws.policies import allow, document, trust
from components.naming import Sensitivity
from components.tags import with_sensitivity

# The types of aws.ec2 stand in quotes, so that a stack without a network does not import them.
ZONES: Final = 2
# What the jobs talk to. Images are fetched by SageMaker itself, not from here.
_SERVICES: Final = ("athena", "glue", "kms", "logs", "monitoring", "sagemaker.api", "sts")
_HTTPS: Final = 443


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Where the network is and how its flow logs are kept."""

    account_id: str
    region: str
    cidr: str
    log_key_id: pulumi.Input[str]
    log_days: int
    tags: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a job sits: what its VPC configuration names."""

    subnet_ids: Sequence[pulumi.Output[str]]
    security_group_id: pulumi.Output[str]
    zones: Sequence[pulumi.Output[str]]


class Network(pulumi.ComponentResource):
    """A VPC with a private subnet in each of two zones and endpoints for what the jobs reach.

    No internet gateway, no NAT: nothing gets in and nothing gets out but to the listed services of
    AWS. The default security group is closed, all traffic is in the flow logs.
    """

    vpc_id: pulumi.Output[str]
    placement: Placement

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:aws:Network", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        vpc = aws.ec2.Vpc(
            name,
            cidr_block=args.cidr,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags={**args.tags, "Name": name},
            opts=self._child,
        )
        # Adopts the group that every VPC comes with and takes all its rules away.
        aws.ec2.DefaultSecurityGroup(
            name, vpc_id=vpc.id, tags={**args.tags, "Name": f"{name}-default"}, opts=self._child
        )
        routes = aws.ec2.RouteTable(
            name, vpc_id=vpc.id, tags={**args.tags, "Name": name}, opts=self._child
        )
        subnets = self._subnets(name, vpc, routes)
        jobs = self._group(f"{name}-jobs", vpc, "Jobs, models and endpoints of the stack")
        self._endpoints(name, vpc, routes, subnets, jobs)
        self._flow_logs(name, vpc)
        self.vpc_id = vpc.id
        self.placement = Placement(
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_id=jobs.id,
            zones=[subnet.availability_zone for subnet in subnets],
        )
        self.register_outputs(
            {
                "vpc_id": vpc.id,
                "subnet_ids": self.placement.subnet_ids,
                "security_group_id": jobs.id,
            }
        )

    def _subnets(
        self, name: str, vpc: "aws.ec2.Vpc", routes: "aws.ec2.RouteTable"
    ) -> "list[aws.ec2.Subnet]":
        zones = aws.get_availability_zones_output(
            state="available",
            # Not local zones that the account opted into: they come first and have few services.
            filters=[{"name": "zone-type", "values": ["availability-zone"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        ).names
        ranges = ipaddress.ip_network(self._args.cidr).subnets(prefixlen_diff=1)
        subnets = []
        for index, cidr in zip(range(ZONES), ranges, strict=False):
            subnet = aws.ec2.Subnet(
                f"{name}-{index}",
                vpc_id=vpc.id,
                cidr_block=str(cidr),
                availability_zone=zones[index],
                map_public_ip_on_launch=False,
                tags={**self._args.tags, "Name": f"{name}-{index}"},
                opts=self._child,
            )
            aws.ec2.RouteTableAssociation(
                f"{name}-{index}", subnet_id=subnet.id, route_table_id=routes.id, opts=self._child
            )
            subnets.append(subnet)
        return subnets

    def _group(self, name: str, vpc: "aws.ec2.Vpc", description: str) -> "aws.ec2.SecurityGroup":
        return aws.ec2.SecurityGroup(
            name,
            vpc_id=vpc.id,
            description=description,
            tags={**self._args.tags, "Name": name},
            opts=self._child,
        )

    def _endpoints(
        self,
        name: str,
        vpc: "aws.ec2.Vpc",
        routes: "aws.ec2.RouteTable",
        subnets: "Sequence[aws.ec2.Subnet]",
        jobs: "aws.ec2.SecurityGroup",
    ) -> None:
        args = self._args
        s3 = aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[routes.id],
            tags={**args.tags, "Name": f"{name}-s3"},
            opts=self._child,
        )
        services = self._group(f"{name}-services", vpc, "Endpoints of the services that jobs call")
        for service in _SERVICES:
            aws.ec2.VpcEndpoint(
                f"{name}-{service.replace('.', '-')}",
                vpc_id=vpc.id,
                service_name=f"com.amazonaws.{args.region}.{service}",
                vpc_endpoint_type="Interface",
                subnet_ids=[subnet.id for subnet in subnets],
                security_group_ids=[services.id],
                private_dns_enabled=True,
                tags={**args.tags, "Name": f"{name}-{service}"},
                opts=self._child,
            )
        self._rules(name, jobs, services, s3.prefix_list_id)

    def _rules(
        self,
        name: str,
        jobs: "aws.ec2.SecurityGroup",
        services: "aws.ec2.SecurityGroup",
        s3_prefix_list: pulumi.Output[str],
    ) -> None:
        tags = self._args.tags
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-services-from-jobs",
            security_group_id=services.id,
            referenced_security_group_id=jobs.id,
            ip_protocol="tcp",
            from_port=_HTTPS,
            to_port=_HTTPS,
            description="Jobs call the services",
            tags=tags,
            opts=self._child,
        )
        # Glue demands that a connection's group lets all TCP ports talk to itself; training jobs
        # of several instances need it too.
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-jobs-from-jobs",
            security_group_id=jobs.id,
            referenced_security_group_id=jobs.id,
            ip_protocol="tcp",
            from_port=0,
            to_port=65535,
            description="Machines of one job talk to each other",
            tags=tags,
            opts=self._child,
        )
        ways_out: dict[str, tuple[int, int, dict[str, pulumi.Input[str]]]] = {
            "jobs": (0, 65535, {"referenced_security_group_id": jobs.id}),
            "services": (_HTTPS, _HTTPS, {"referenced_security_group_id": services.id}),
            "s3": (_HTTPS, _HTTPS, {"prefix_list_id": s3_prefix_list}),
        }
        for way, (first, last, target) in ways_out.items():
            aws.vpc.SecurityGroupEgressRule(
                f"{name}-jobs-to-{way}",
                security_group_id=jobs.id,
                ip_protocol="tcp",
                from_port=first,
                to_port=last,
                description=f"Jobs reach {way}",
                tags=tags,
                referenced_security_group_id=target.get("referenced_security_group_id"),
                prefix_list_id=target.get("prefix_list_id"),
                opts=self._child,
            )

    def _flow_logs(self, name: str, vpc: "aws.ec2.Vpc") -> None:
        args = self._args
        tags = with_sensitivity(args.tags, Sensitivity.OPERATIONS)
        group = aws.cloudwatch.LogGroup(
            f"{name}-flow",
            name=f"/{name}/flow",
            kms_key_id=args.log_key_id,
            retention_in_days=args.log_days,
            tags=tags,
            opts=self._child,
        )
        role = aws.iam.Role(
            f"{name}-flow",
            assume_role_policy=trust("vpc-flow-logs.amazonaws.com", account_id=args.account_id),
            tags=tags,
            opts=self._child,
        )
        aws.iam.RolePolicy(
            f"{name}-flow",
            role=role.name,
            policy=document(
                [
                    allow(
                        "WriteFlowLogs",
                        ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                        [pulumi.Output.concat(group.arn, ":*")],
                    ),
                    # Knows no resources.
                    # https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
                    allow("FindLogGroup", ["logs:DescribeLogGroups"], ["*"]),
                ]
            ),
            opts=self._child,
        )
        aws.ec2.FlowLog(
            name,
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=60,
            tags={**args.tags, "Name": name},
            opts=self._child,
        )
