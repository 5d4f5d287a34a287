"""The managed online endpoint: a deployment for each model, and the traffic between them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.autoscale import Scaling, scale
from components.azure.identity import Identified
from components.azure.runs.traffic import Traffic, TrafficArgs
from components.azure.uploads import Library, register_code, register_environment
from components.naming import Sensitivity, content_name
from components.packaging import pack_modules
from components.tags import with_sensitivity

ml = azure.machinelearningservices

SCORING_SCRIPT: Final = "score.py"
_LONGEST_NAME: Final = 32


@dataclass(frozen=True, kw_only=True)
class EndpointArgs:
    """The model, the machines that serve it, and the limits of a request."""

    library: Library
    region: str
    endpoint_name: str
    image: str
    model_id: pulumi.Input[str]
    """ARM id of the model's version."""
    model_sha256: pulumi.Input[str]
    release: Mapping[str, pulumi.Input[str]]
    """What the history tells of this model."""
    code_directory: Path
    identity: Identified
    machine_type: str
    instance_count: int
    scaling: Scaling | None
    uses_entra: bool
    """Clients show an Entra token instead of a key."""
    is_private: bool
    request_timeout_seconds: int
    max_concurrent_requests: int
    """That one instance works on; more wait."""
    probe_row: Sequence[float]
    """A row that fits the model, which a new deployment must answer before it gets traffic."""
    tags: Mapping[str, str]


class Endpoint(pulumi.ComponentResource):
    """An endpoint that changes models without an interruption.

    A new model (or new code, or another size) is a new deployment beside the old one; it takes the
    traffic once it has answered a request, and then the old one goes. The scoring script loads
    only the model file whose digest the stack gives it. Clients keep the address: it follows from
    the stack's name. TLS and the check of keys or tokens are the service's.
    """

    endpoint_id: pulumi.Output[str]
    endpoint_name: pulumi.Output[str]
    """Known once the endpoint serves the model."""
    deployment_id: pulumi.Output[str]
    scoring_uri: pulumi.Output[str]
    releases: pulumi.Output[Sequence[Mapping[str, str]]]

    def __init__(
        self, name: str, args: EndpointArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Endpoint", name, None, opts)
        self._args = args
        self._tags = with_sensitivity(args.tags, Sensitivity.MODEL)
        endpoint = self._endpoint(name)
        deployment = self._deployment(name, endpoint)
        after: list[pulumi.Resource] = []
        if args.scaling is not None:
            after.append(
                scale(
                    name,
                    args.scaling,
                    deployment_id=deployment.id,
                    resource_group_name=args.library.resource_group_name,
                    region=args.region,
                    tags=self._tags,
                    parent=self,
                )
            )
        traffic = Traffic(
            name,
            TrafficArgs(
                endpoint_id=endpoint.id,
                deployment_name=deployment.name,
                # A private endpoint cannot be asked from where Pulumi runs.
                probe=None if args.is_private else json.dumps([list(args.probe_row)]),
                endpoint_settings=self._settings(name),
                release={**args.release, "deployment": deployment.name},
            ),
            pulumi.ResourceOptions(parent=self, depends_on=after),
        )
        self.endpoint_id = endpoint.id
        self.endpoint_name = traffic.endpoint_name
        self.deployment_id = deployment.id
        self.scoring_uri = traffic.scoring_uri
        self.releases = traffic.history
        self.register_outputs(
            {"endpoint_name": self.endpoint_name, "scoring_uri": self.scoring_uri}
        )

    def _endpoint(self, name: str) -> azure.machinelearningservices.OnlineEndpoint:
        args = self._args
        return ml.OnlineEndpoint(
            name,
            resource_group_name=args.library.resource_group_name,
            workspace_name=args.library.workspace_name,
            endpoint_name=args.endpoint_name,
            location=args.region,
            kind="Managed",
            **self._settings(name),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Releases set it; the provider would take the traffic away again.
                ignore_changes=["properties.traffic"],
            ),
        )

    def _settings(self, name: str) -> dict[str, Any]:
        args = self._args
        return {
            "identity": {
                "type": ml.ManagedServiceIdentityType.USER_ASSIGNED,
                "user_assigned_identities": [args.identity.id],
            },
            "properties": {
                "auth_mode": (
                    ml.EndpointAuthMode.AAD_TOKEN if args.uses_entra else ml.EndpointAuthMode.KEY
                ),
                "public_network_access": "Disabled" if args.is_private else "Enabled",
                "description": f"{name}: the newest model that passed the gate",
            },
            "tags": self._tags,
        }

    def _deployment(
        self, name: str, endpoint: azure.machinelearningservices.OnlineEndpoint
    ) -> azure.machinelearningservices.OnlineDeployment:
        args = self._args
        modules = pack_modules(args.code_directory)
        content = {
            "model": args.model_id,
            "sha256": args.model_sha256,
            "code": modules.sha256,
            "image": args.image,
            "machine": args.machine_type,
            "limits": [args.request_timeout_seconds, args.max_concurrent_requests],
        }
        deployment_name = pulumi.Output.all(content=content).apply(
            lambda known: content_name("model", known, limit=_LONGEST_NAME)
        )
        instances = args.scaling.min_replicas if args.scaling else args.instance_count
        return ml.OnlineDeployment(
            name,
            resource_group_name=args.library.resource_group_name,
            workspace_name=args.library.workspace_name,
            endpoint_name=endpoint.name,
            deployment_name=deployment_name,
            location=args.region,
            sku={"name": "Default", "tier": ml.SkuTier.STANDARD, "capacity": instances},
            properties=ml.ManagedOnlineDeploymentArgs(
                endpoint_compute_type="Managed",
                instance_type=args.machine_type,
                model=args.model_id,
                environment_id=register_environment(
                    f"{name}-serving", args.image, library=args.library, parent=self
                ),
                code_configuration=ml.CodeConfigurationArgs(
                    code_id=register_code(
                        f"{name}-serving",
                        modules,
                        folder="scoring",
                        library=args.library,
                        parent=self,
                    ),
                    scoring_script=SCORING_SCRIPT,
                ),
                environment_variables={"MODEL_SHA256": args.model_sha256},
                # Autoscale settings of Azure Monitor do the rest.
                scale_settings=ml.DefaultScaleSettingsArgs(scale_type="Default"),
                request_settings=ml.OnlineRequestSettingsArgs(
                    request_timeout=f"PT{args.request_timeout_seconds}S",
                    max_concurrent_requests_per_instance=args.max_concurrent_requests,
                ),
                liveness_probe=_probe(failures=30),
                readiness_probe=_probe(failures=30),
                app_insights_enabled=True,
            ),
            tags=self._tags,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Both stand side by side until the traffic has moved.
                delete_before_replace=False,
                # The count is the autoscaler's.
                ignore_changes=["sku.capacity"] if args.scaling else [],
            ),
        )


def _probe(*, failures: int) -> Any:
    return ml.ProbeSettingsArgs(
        initial_delay="PT10S",
        period="PT10S",
        timeout="PT2S",
        failure_threshold=failures,
        success_threshold=1,
    )
