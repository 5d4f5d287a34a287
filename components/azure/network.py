"""A network of the stack's own, in which the slice's resources have private addresses."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

# The types of azure.network stand in quotes, so that a stack without a network does not import
# them: they take longer than all the others together.
_HTTPS: Final = "443"
# What an endpoint of each kind is called, and the zones that hold its names.
# https://learn.microsoft.com/azure/private-link/private-endpoint-dns
_ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    "vault": ("privatelink.vaultcore.azure.net",),
    "blob": ("privatelink.blob.core.windows.net",),
    "file": ("privatelink.file.core.windows.net",),
    "registry": ("privatelink.azurecr.io",),
    "amlworkspace": ("privatelink.api.azureml.ms", "privatelink.notebooks.azure.net"),
}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where things are in the network."""

    endpoint_subnet_id: pulumi.Output[str]
    """For private endpoints."""
    serving_subnet_id: pulumi.Output[str]
    """For container groups, which must be alone in theirs."""
    zone_ids: Mapping[str, pulumi.Output[str]]
    """Private DNS zone to its id, known once the network asks it."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Where the network is and its range."""

    resource_group_name: pulumi.Input[str]
    region: str
    cidr: str
    container_port: int
    """The port that container groups are asked at."""
    tags: Mapping[str, str]


class Network(pulumi.ComponentResource):
    """Two subnets without a way in from the internet or out to it.

    One holds the private endpoints, one the container groups; they answer the network only. Jobs
    and online endpoints are not in here: they run in the managed network of the Azure ML workspace,
    which reaches the same resources through private endpoints of its own.
    """

    placement: Placement

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Network", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        network = azure.network.VirtualNetwork(
            name,
            resource_group_name=args.resource_group_name,
            location=args.region,
            address_space={"address_prefixes": [args.cidr]},
            tags=dict(args.tags),
            opts=pulumi.ResourceOptions(
                parent=self,
                # The network's answer lists its subnets, which are resources of their own here.
                ignore_changes=["subnets"],
            ),
        )
        first, second = ipaddress.ip_network(args.cidr).subnets(prefixlen_diff=1)
        endpoints = self._subnet(
            f"{name}-endpoints",
            network,
            str(first),
            self._group(f"{name}-endpoints", _HTTPS),
            private_endpoint_network_policies="Enabled",
        )
        serving = self._subnet(
            f"{name}-serving",
            network,
            str(second),
            self._group(f"{name}-serving", str(args.container_port)),
            delegations=[
                {
                    "name": "containers",
                    "service_name": "Microsoft.ContainerInstance/containerGroups",
                }
            ],
            # Azure changes a network's subnets one after the other.
            after=endpoints,
        )
        zones = sorted({zone for names in _ZONES.values() for zone in names})
        self.placement = Placement(
            endpoint_subnet_id=endpoints.id,
            serving_subnet_id=serving.id,
            zone_ids={zone: self._zone(name, zone, network) for zone in zones},
        )
        self.register_outputs(
            {
                "endpoint_subnet_id": endpoints.id,
                "serving_subnet_id": serving.id,
            }
        )

    def _group(self, name: str, port: str) -> "azure.network.NetworkSecurityGroup":
        inside = {
            "source_address_prefix": "VirtualNetwork",
            "destination_address_prefix": "VirtualNetwork",
        }
        anywhere = {"source_address_prefix": "*", "destination_address_prefix": "*"}
        allowed = {
            "name": "from-the-network",
            "description": "The network's own machines, over TLS",
            "priority": 100,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "source_port_range": "*",
            "destination_port_range": port,
            **inside,
        }
        # Azure's default rules let the whole network and its load balancer in, at every port.
        refused = {
            "name": "nothing-else",
            "description": "No other port, and nobody from outside",
            "priority": 4096,
            "direction": "Inbound",
            "access": "Deny",
            "protocol": "*",
            "source_port_range": "*",
            "destination_port_range": "*",
            **anywhere,
        }
        outside = {
            "name": "no-internet",
            "description": "Nothing goes out but to the network and to Azure's own services",
            "priority": 4096,
            "direction": "Outbound",
            "access": "Deny",
            "protocol": "*",
            "source_port_range": "*",
            "destination_port_range": "*",
            "source_address_prefix": "*",
            "destination_address_prefix": "Internet",
        }
        # Signing in, and pulling Microsoft's images with the addresses they are delivered from.
        services = (
            "AzureActiveDirectory",
            "MicrosoftContainerRegistry",
            "AzureFrontDoor.FirstParty",
        )
        ways_out = [
            {
                "name": f"to-{service.lower().replace('.', '-')}",
                "priority": 100 + index,
                "direction": "Outbound",
                "access": "Allow",
                "protocol": "Tcp",
                "source_port_range": "*",
                "destination_port_range": _HTTPS,
                "source_address_prefix": "VirtualNetwork",
                "destination_address_prefix": service,
            }
            for index, service in enumerate(services)
        ]
        rules: list[Any] = [allowed, refused, *ways_out, outside]
        return azure.network.NetworkSecurityGroup(
            name,
            resource_group_name=self._args.resource_group_name,
            location=self._args.region,
            security_rules=rules,
            tags=dict(self._args.tags),
            opts=self._child,
        )

    def _subnet(
        self,
        name: str,
        network: "azure.network.VirtualNetwork",
        cidr: str,
        group: "azure.network.NetworkSecurityGroup",
        *,
        after: pulumi.Resource | None = None,
        **content: Any,
    ) -> "azure.network.Subnet":
        return azure.network.Subnet(
            name,
            resource_group_name=self._args.resource_group_name,
            virtual_network_name=network.name,
            subnet_name=name,
            address_prefix=cidr,
            network_security_group={"id": group.id},
            default_outbound_access=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after] if after else None),
            **content,
        )

    def _zone(
        self, name: str, zone: str, network: "azure.network.VirtualNetwork"
    ) -> pulumi.Output[str]:
        args = self._args
        # A zone is called what it holds, and belongs to no region.
        made = azure.privatedns.PrivateZone(
            f"{name}-{zone}",
            resource_group_name=args.resource_group_name,
            location="global",
            private_zone_name=zone,
            tags=dict(args.tags),
            opts=self._child,
        )
        link = azure.privatedns.VirtualNetworkLink(
            f"{name}-{zone}",
            resource_group_name=args.resource_group_name,
            location="global",
            private_zone_name=made.name,
            virtual_network_link_name=name,
            virtual_network={"id": network.id},
            registration_enabled=False,
            tags=dict(args.tags),
            opts=self._child,
        )
        return pulumi.Output.all(made.id, link.id).apply(lambda known: str(known[0]))


@dataclass(frozen=True, kw_only=True)
class PrivateLinksArgs:
    """What gets an address in the network."""

    resource_group_name: pulumi.Input[str]
    region: str
    placement: Placement
    targets: Mapping[str, tuple[pulumi.Output[str], str]]
    """Name to the resource's id and the part of it: ``vault``, ``blob``, ``file``, ``registry`` or
    ``amlworkspace``."""
    tags: Mapping[str, str]


class PrivateLinks(pulumi.ComponentResource):
    """A private endpoint for each resource, and its names in the network's DNS."""

    ready: pulumi.Output[bool]
    """Known once every name leads to its endpoint."""

    def __init__(
        self, name: str, args: PrivateLinksArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:PrivateLinks", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        groups = []
        for target, (resource_id, part) in args.targets.items():
            endpoint = azure.network.PrivateEndpoint(
                f"{name}-{target}",
                resource_group_name=args.resource_group_name,
                location=args.region,
                subnet={"id": args.placement.endpoint_subnet_id},
                private_link_service_connections=[
                    {
                        "name": target,
                        "private_link_service_id": resource_id,
                        "group_ids": [part],
                    }
                ],
                tags=dict(args.tags),
                opts=child,
            )
            group = azure.network.PrivateDnsZoneGroup(
                f"{name}-{target}",
                resource_group_name=args.resource_group_name,
                private_endpoint_name=endpoint.name,
                private_dns_zone_group_name="default",
                private_dns_zone_configs=[
                    {
                        "name": zone.replace(".", "-"),
                        "private_dns_zone_id": args.placement.zone_ids[zone],
                    }
                    for zone in _ZONES[part]
                ],
                opts=child,
            )
            groups.append(group.id)
        self.ready = pulumi.Output.all(*groups).apply(bool)
        self.register_outputs({"ready": self.ready})
