"""Serving: the model in the registry, the endpoint, and what is deployed to it."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.code import serving_libraries
from components.gcp.labels import labels_of
from components.gcp.lake import Zone
from components.gcp.machines import Accelerator
from components.gcp.off_hours import OffHours, OffHoursArgs
from components.gcp.uploads import upload_code
from components.gcp.vertex.deployment import Deployment, DeploymentArgs
from components.gcp.vertex.model import Model, ModelArgs
from components.naming import Sensitivity
from components.off_hours import Reduction
from components.tags import with_sensitivity

HEALTH_ROUTE: Final = "/health"
PREDICT_ROUTE: Final = "/predict"
PORT: Final = 8080
START: Final = (Path(__file__).parent / "vertex" / "container_start.py").read_text()
"""What the container runs in place of its image's own server."""


class Access(StrEnum):
    """How the endpoint is reached; always with Google's authentication."""

    SHARED = "shared"
    """Through the region's shared address."""
    DEDICATED = "dedicated"
    """Through an address of its own, apart from other customers' traffic."""
    PRIVATE = "private"
    """Through Private Service Connect from the networks of allowed projects only."""


@dataclass(frozen=True, kw_only=True)
class Scaling:
    """The bounds of the number of replicas and the load that each should carry."""

    min_replicas: int
    max_replicas: int
    target_cpu_percent: int
    off_hours: Reduction | None


@dataclass(frozen=True, kw_only=True)
class ServingArgs:
    """The model, and the machines that serve it."""

    project_id: str
    region: str
    endpoint_name: str
    image: str
    model_data_url: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    job_name: pulumi.Input[str]
    gate: pulumi.Resource
    """Must be passed before anything here changes."""
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    account_email: pulumi.Input[str]
    machine_type: str
    accelerator: Accelerator | None
    replica_count: int
    scaling: Scaling | None
    access: Access
    allowed_projects: Sequence[str]
    """Projects whose networks may reach a private endpoint."""
    tags: Mapping[str, str]


class Serving(pulumi.ComponentResource):
    """An endpoint that changes models without an interruption.

    A new model means a new version in the registry, deployed beside the old one; it takes the
    traffic once it is ready, and then the old one goes. The container loads only the model file
    whose digest the stack gives it.

    The endpoint's number is fixed (from the stack's name): clients keep it, and alert policies
    can name it before it exists.
    """

    endpoint_name: pulumi.Output[str]
    """``projects/…/endpoints/ID``, known once the endpoint serves the model."""
    deployed_model_id: pulumi.Output[str]
    """What serves now; another one after each release."""
    model_sha256: pulumi.Output[str]
    releases: pulumi.Output[Sequence[Mapping[str, str]]]
    """Earlier models, newest first: where a rollback goes."""

    def __init__(
        self, name: str, args: ServingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Serving", name, None, opts)
        self._args = args
        self._labels = labels_of(with_sensitivity(args.tags, Sensitivity.MODEL))
        model = self._model(name)
        endpoint = self._endpoint(name)
        deployment = self._deployment(name, endpoint, model)
        if args.scaling is not None and args.scaling.off_hours is not None:
            self._off_hours(name, endpoint, deployment, args.scaling, args.scaling.off_hours)
        self.endpoint_name = deployment.endpoint_name
        self.deployed_model_id = deployment.deployed_model_id
        self.model_sha256 = pulumi.Output.from_input(args.model_sha256)
        self.releases = deployment.history
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "deployed_model_id": self.deployed_model_id,
                "model_sha256": self.model_sha256,
                "releases": self.releases,
            }
        )

    def _model(self, name: str) -> Model:
        args = self._args
        libraries = serving_libraries()
        libraries_uri = upload_code(
            f"{name}-serving",
            libraries,
            bucket=args.bucket_names[Zone.ARTEFACTS],
            file_name="libraries.zip",
            parent=self,
        )
        return Model(
            name,
            ModelArgs(
                project=args.project_id,
                region=args.region,
                model_id=name.lower(),
                artifact_uri=args.model_data_url,
                image=args.image,
                command=["python3", "-c", START],
                environment={
                    "MODEL_SHA256": args.model_sha256,
                    "SERVING_LIBRARIES_URI": libraries_uri,
                    "SERVING_LIBRARIES_SHA256": libraries.sha256,
                },
                predict_route=PREDICT_ROUTE,
                health_route=HEALTH_ROUTE,
                port=PORT,
                kms_key_name=args.key_ids[Sensitivity.MODEL],
                labels=self._labels,
            ),
            pulumi.ResourceOptions(parent=self, depends_on=[args.gate]),
        )

    def _endpoint(self, name: str) -> gcp.vertex.AiEndpoint:
        args = self._args
        access: dict[str, Any] = {}
        if args.access is Access.DEDICATED:
            access["dedicated_endpoint_enabled"] = True
        elif args.access is Access.PRIVATE:
            access["private_service_connect_config"] = {
                "enable_private_service_connect": True,
                "project_allowlists": list(args.allowed_projects),
            }
        return gcp.vertex.AiEndpoint(
            name,
            name=endpoint_number(args.endpoint_name),
            project=args.project_id,
            location=args.region,
            region=args.region,
            display_name=args.endpoint_name,
            encryption_spec={"kms_key_name": args.key_ids[Sensitivity.MODEL]},
            labels=self._labels,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Deployments set it; the provider would take the traffic away again.
                ignore_changes=["trafficSplit"],
            ),
            **access,
        )

    def _deployment(self, name: str, endpoint: gcp.vertex.AiEndpoint, model: Model) -> Deployment:
        args, scaling = self._args, self._args.scaling
        return Deployment(
            name,
            DeploymentArgs(
                endpoint_name=pulumi.Output.concat(
                    f"projects/{args.project_id}/locations/{args.region}/endpoints/", endpoint.name
                ),
                model_name=model.version_name,
                region=args.region,
                machine_type=args.machine_type,
                accelerator_type=args.accelerator.type if args.accelerator else None,
                accelerator_count=args.accelerator.count if args.accelerator else 0,
                min_replicas=scaling.min_replicas if scaling else args.replica_count,
                max_replicas=scaling.max_replicas if scaling else args.replica_count,
                target_cpu_percent=scaling.target_cpu_percent if scaling else None,
                service_account=args.account_email,
                release={
                    "model_data_url": args.model_data_url,
                    "model_sha256": args.model_sha256,
                    "image": args.image,
                    "training_job": args.job_name,
                },
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _off_hours(
        self,
        name: str,
        endpoint: gcp.vertex.AiEndpoint,
        deployment: Deployment,
        scaling: Scaling,
        off_hours: Reduction,
    ) -> None:
        OffHours(
            name,
            OffHoursArgs(
                project_id=self._args.project_id,
                region=self._args.region,
                endpoint_number=endpoint.name,
                deployed_model_id=deployment.deployed_model_id,
                min_replicas=scaling.min_replicas,
                max_replicas=scaling.max_replicas,
                off_hours=off_hours,
            ),
            pulumi.ResourceOptions(parent=self),
        )


def endpoint_number(name: str) -> str:
    """A number of ten digits for an endpoint called ``name``: the provider takes nothing else."""
    digest = int(hashlib.sha256(name.encode()).hexdigest(), 16)
    return str(10**9 + digest % (9 * 10**9))
