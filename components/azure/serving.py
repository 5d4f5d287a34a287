"""Serving: the model in the registry, and the two ways in which it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.azure.autoscale import Scaling
from components.azure.endpoint import Endpoint, EndpointArgs
from components.azure.identity import Identified
from components.azure.registry import register_model
from components.azure.uploads import Library
from components.azure.web_service import WebService, WebServiceArgs


@dataclass(frozen=True, kw_only=True)
class EndpointPlan:
    """The managed online endpoint: many instances, no interruption."""

    machine_type: str
    instance_count: int
    uses_entra: bool
    request_timeout_seconds: int
    max_concurrent_requests: int


@dataclass(frozen=True, kw_only=True)
class ContainerPlan:
    """The web service in a container group: one small container."""

    cpu: float
    memory_gb: float
    uses_tls: bool
    key_rotation: str


@dataclass(frozen=True, kw_only=True)
class ServingArgs:
    """The model, and the machines that serve it."""

    library: Library
    region: str
    endpoint_name: str
    """Of the online endpoint, and first part of the container's host name."""
    image: str
    model_data_url: pulumi.Input[str]
    model_sha256: pulumi.Input[str]
    job_name: pulumi.Input[str]
    gate: pulumi.Resource
    """Must be passed before anything here changes."""
    code_directory: Path
    identity: Identified
    endpoint: EndpointPlan | None
    container: ContainerPlan | None
    scaling: Scaling | None
    is_private: bool
    container_subnet_id: pulumi.Input[str] | None
    """The private network of the container; none: a public address."""
    probe_row: Sequence[float]
    """A row that fits the model."""
    tags: Mapping[str, str]


class Serving(pulumi.ComponentResource):
    """One model, registered once, served by an online endpoint, a container group or both.

    The container group is the cheapest thing that answers: one container, no autoscaling, a minute
    without an answer whenever the model changes. The online endpoint costs machines, and gives
    blue/green releases, autoscaling and Entra tokens. Both load only the model file whose digest
    the stack gives them.
    """

    endpoint_name: pulumi.Output[str]
    """Known once the endpoint serves the model; the container's name where there is no other."""
    model_sha256: pulumi.Output[str]
    releases: pulumi.Output[Sequence[Mapping[str, str]]]
    """Earlier models, newest first: where a rollback goes."""
    endpoint: Endpoint | None
    container: WebService | None

    def __init__(
        self, name: str, args: ServingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Serving", name, None, opts)
        self._args = args
        self.model_sha256 = pulumi.Output.from_input(args.model_sha256)
        self._url = pulumi.Output.from_input(args.model_data_url)
        model = register_model(
            name,
            model_data_url=self._url,
            model_sha256=self.model_sha256,
            job_name=pulumi.Output.from_input(args.job_name),
            library=args.library,
            gate=args.gate,
            parent=self,
        )
        self.endpoint = self._endpoint(name, args.endpoint, model.id) if args.endpoint else None
        self.container = self._container(name, args.container) if args.container else None
        if self.endpoint is not None:
            self.endpoint_name, self.releases = (
                self.endpoint.endpoint_name,
                self.endpoint.releases,
            )
        else:
            served = self.container.state if self.container else model.id
            self.endpoint_name = served.apply(lambda _: args.endpoint_name)
            self.releases = pulumi.Output.from_input([])
        self.register_outputs(
            {
                "endpoint_name": self.endpoint_name,
                "model_sha256": self.model_sha256,
                "releases": self.releases,
            }
        )

    def _endpoint(self, name: str, plan: EndpointPlan, model_id: pulumi.Output[str]) -> Endpoint:
        args = self._args
        return Endpoint(
            name,
            EndpointArgs(
                library=args.library,
                region=args.region,
                endpoint_name=args.endpoint_name,
                image=args.image,
                model_id=model_id,
                model_sha256=self.model_sha256,
                release={
                    "model_data_url": self._url,
                    "model_sha256": self.model_sha256,
                    "image": args.image,
                    "training_job": args.job_name,
                },
                code_directory=args.code_directory,
                identity=args.identity,
                machine_type=plan.machine_type,
                instance_count=plan.instance_count,
                scaling=args.scaling,
                uses_entra=plan.uses_entra,
                is_private=args.is_private,
                request_timeout_seconds=plan.request_timeout_seconds,
                max_concurrent_requests=plan.max_concurrent_requests,
                probe_row=args.probe_row,
                tags=args.tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _container(self, name: str, plan: ContainerPlan) -> WebService:
        args = self._args
        return WebService(
            name,
            WebServiceArgs(
                library=args.library,
                region=args.region,
                dns_label=args.endpoint_name,
                image=args.image,
                model_data_url=self._url,
                model_sha256=self.model_sha256,
                gate=args.gate,
                code_directory=args.code_directory,
                identity=args.identity,
                cpu=plan.cpu,
                memory_gb=plan.memory_gb,
                subnet_id=args.container_subnet_id,
                uses_tls=plan.uses_tls,
                key_rotation=plan.key_rotation,
                tags=args.tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )
