"""A network of the stack's own, from which Google's services are reached and nothing else."""

from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_gcp as gcp

_WORKER_PORTS: Final = ("12345", "12346")
WORKER_TAG: Final = "dataflow"


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where Dataflow's workers are."""

    subnetwork: pulumi.Output[str]
    """``regions/REGION/subnetworks/NAME``, known once the rules are in place."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """Region and range of the one subnetwork."""

    project_id: str
    region: str
    cidr: str


class Network(pulumi.ComponentResource):
    """One subnetwork without addresses on the internet.

    Workers have private addresses and reach Google's APIs through Private Google Access. Workers
    talk to each other on Dataflow's two ports; nothing else comes in, and nothing goes out but to
    Google. Flows are logged.
    """

    placement: Placement

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Network", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._project = args.project_id
        network = gcp.compute.Network(
            name,
            project=args.project_id,
            auto_create_subnetworks=False,
            routing_mode="REGIONAL",
            description=f"{name}: Dataflow workers without internet",
            opts=self._child,
        )
        subnetwork = gcp.compute.Subnetwork(
            name,
            project=args.project_id,
            region=args.region,
            network=network.id,
            ip_cidr_range=args.cidr,
            private_ip_google_access=True,
            log_config={
                "aggregation_interval": "INTERVAL_10_MIN",
                "flow_sampling": 0.5,
                "metadata": "INCLUDE_ALL_METADATA",
            },
            opts=self._child,
        )
        rules = [
            self._workers(f"{name}-workers-in", network, "INGRESS"),
            self._workers(f"{name}-workers-out", network, "EGRESS"),
            self._google(f"{name}-google", network),
            self._nothing_else(f"{name}-nothing-else", network),
        ]
        path = pulumi.Output.concat("regions/", args.region, "/subnetworks/", subnetwork.name)
        self.placement = Placement(
            subnetwork=pulumi.Output.all(path, *rules).apply(lambda known: str(known[0]))
        )
        self.register_outputs({"subnetwork": self.placement.subnetwork})

    def _workers(
        self, name: str, network: gcp.compute.Network, direction: str
    ) -> pulumi.Output[str]:
        """https://cloud.google.com/dataflow/docs/guides/routes-firewall"""
        incoming = direction == "INGRESS"
        private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]
        return gcp.compute.Firewall(
            name,
            project=self._project,
            network=network.id,
            direction=direction,
            priority=1000,
            allows=[{"protocol": "tcp", "ports": list(_WORKER_PORTS)}],
            source_tags=[WORKER_TAG] if incoming else None,
            destination_ranges=None if incoming else private,
            target_tags=[WORKER_TAG],
            opts=self._child,
        ).id

    def _google(self, name: str, network: gcp.compute.Network) -> pulumi.Output[str]:
        return gcp.compute.Firewall(
            name,
            project=self._project,
            network=network.id,
            direction="EGRESS",
            priority=1000,
            allows=[{"protocol": "tcp", "ports": ["443"]}],
            # The APIs' public addresses change; without an external address none but Google's
            # are reached by a worker, whatever this rule lets out.
            destination_ranges=["0.0.0.0/0"],
            opts=self._child,
        ).id

    def _nothing_else(self, name: str, network: gcp.compute.Network) -> pulumi.Output[str]:
        return gcp.compute.Firewall(
            name,
            project=self._project,
            network=network.id,
            direction="EGRESS",
            priority=65000,
            denies=[{"protocol": "all"}],
            destination_ranges=["0.0.0.0/0"],
            log_config={"metadata": "EXCLUDE_ALL_METADATA"},
            opts=self._child,
        ).id
