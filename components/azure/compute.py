"""The machines of jobs: a cluster that costs nothing while nothing runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azure_native as azure

from components.azure.workspace import COMPUTE_NAME
from components.naming import Sensitivity
from components.tags import with_sensitivity

ml = azure.machinelearningservices


@dataclass(frozen=True, kw_only=True)
class ComputeArgs:
    """Size, number and price of the machines."""

    resource_group_name: pulumi.Input[str]
    region: str
    workspace_name: pulumi.Input[str]
    machine_type: str
    """VM size, GPU sizes included."""
    max_nodes: int
    idle_seconds: int
    """A machine without work for so long is given back."""
    spot: bool
    """Low priority: cheaper, may be interrupted."""
    in_managed_network: bool
    identity_ids: Sequence[pulumi.Output[str]]
    """The identities that jobs may name."""
    tags: Mapping[str, str]


class Compute(pulumi.ComponentResource):
    """An AmlCompute cluster of zero to ``max_nodes`` machines.

    Nobody logs in to its machines: there is no password, no SSH port and, in a managed network, no
    address on the internet. A job gets the identity of its kind.
    """

    compute_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ComputeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Compute", name, None, opts)
        cluster = ml.Compute(
            name,
            resource_group_name=args.resource_group_name,
            workspace_name=args.workspace_name,
            compute_name=COMPUTE_NAME,
            location=args.region,
            identity={
                "type": ml.ManagedServiceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": list(args.identity_ids),
            },
            properties=ml.AmlComputeArgs(
                compute_type="AmlCompute",
                disable_local_auth=True,
                properties=ml.AmlComputePropertiesArgs(
                    vm_size=args.machine_type,
                    vm_priority=(
                        ml.VmPriority.LOW_PRIORITY if args.spot else ml.VmPriority.DEDICATED
                    ),
                    os_type=ml.OsType.LINUX,
                    remote_login_port_public_access=ml.RemoteLoginPortPublicAccess.DISABLED,
                    enable_node_public_ip=not args.in_managed_network,
                    scale_settings=ml.ScaleSettingsArgs(
                        min_node_count=0,
                        max_node_count=args.max_nodes,
                        node_idle_time_before_scale_down=f"PT{args.idle_seconds}S",
                    ),
                ),
            ),
            tags=with_sensitivity(args.tags, Sensitivity.MODEL),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Size and priority cannot change, and the name is fixed.
                delete_before_replace=True,
            ),
        )
        self.compute_id = cluster.id
        self.register_outputs({"compute_id": self.compute_id})
