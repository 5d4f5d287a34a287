"""Project set-up: the APIs that the slice calls, and the agents that act for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pulumi
import pulumi_gcp as gcp

from components.gcp.runs.service_agent import ServiceAgent, ServiceAgentArgs

APIS: Final = (
    "aiplatform.googleapis.com",
    "cloudkms.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "compute.googleapis.com",
    "dataflow.googleapis.com",
    "iam.googleapis.com",
    "iamcredentials.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "storage.googleapis.com",
    "sts.googleapis.com",
)
BUDGET_API: Final = "billingbudgets.googleapis.com"
TRANSFER_API: Final = "storagetransfer.googleapis.com"
# Where model monitoring logs requests to.
MONITORING_API: Final = "bigquery.googleapis.com"
SCHEDULER_API: Final = "cloudscheduler.googleapis.com"


def api_on(
    name: str, project_id: str, api: str, *, parent: pulumi.Resource
) -> gcp.projects.Service:
    """Switches an API on, for good: see :class:`Project`."""
    return gcp.projects.Service(
        name,
        project=project_id,
        service=api,
        disable_on_destroy=False,
        disable_dependent_services=False,
        opts=pulumi.ResourceOptions(parent=parent),
    )


class Agent(StrEnum):
    """Google's own accounts that read or write in the project on behalf of a service."""

    VERTEX = "aiplatform"
    """Starts jobs and endpoints, and encrypts their disks."""
    DATAFLOW = "dataflow"
    COMPUTE = "compute"
    """Encrypts the disks of Dataflow's workers."""
    STORAGE = "storage"
    """Encrypts objects with a bucket's key."""
    TRANSFER = "storagetransfer"
    """Writes what Storage Transfer brings; other clouds trust its subject id."""


@dataclass(frozen=True, kw_only=True)
class ProjectArgs:
    """The project, and which of the slice's options need an API of their own."""

    project_id: str
    project_number: str
    has_budget: bool
    has_transfer: bool
    has_monitoring: bool = False
    has_schedules: bool = False


class Project(pulumi.ComponentResource):
    """Switches APIs on and has their agents made, before anything needs them.

    APIs stay on when the stack goes (``disable_on_destroy`` is off): other stacks and people may
    use them by then, switching one off takes everything with it that it manages, and one that is
    on costs nothing. Agents cannot be deleted at all.
    """

    agents: Mapping[Agent, pulumi.Output[str]]
    """``serviceAccount:…`` of each agent, once it exists."""
    transfer_subject_id: pulumi.Output[str] | None
    """The number by which AWS roles trust the transfer's agent."""
    ready: list[pulumi.Resource]
    """What everything else in the project depends on: the APIs."""

    def __init__(
        self, name: str, args: ProjectArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Project", name, None, opts)
        self._args = args
        wanted = [*APIS]
        wanted += [BUDGET_API] if args.has_budget else []
        wanted += [TRANSFER_API] if args.has_transfer else []
        wanted += [MONITORING_API] if args.has_monitoring else []
        wanted += [SCHEDULER_API] if args.has_schedules else []
        self._apis = {
            api: api_on(f"{name}-{_short(api)}", args.project_id, api, parent=self)
            for api in wanted
        }
        self.ready = list(self._apis.values())
        self.agents = {
            Agent.VERTEX: self._identity(name, "aiplatform.googleapis.com"),
            Agent.DATAFLOW: self._identity(name, "dataflow.googleapis.com"),
            Agent.COMPUTE: self._of_compute(),
            Agent.STORAGE: self._agent(name, "storage", "storage.googleapis.com").member,
        }
        self.transfer_subject_id = None
        if args.has_transfer:
            transfer = self._agent(name, "storagetransfer", TRANSFER_API)
            self.agents[Agent.TRANSFER] = transfer.member
            self.transfer_subject_id = transfer.subject_id
        self.register_outputs({"agents": {str(a): member for a, member in self.agents.items()}})

    def _identity(self, name: str, api: str) -> pulumi.Output[str]:
        return gcp.projects.ServiceIdentity(
            f"{name}-{_short(api)}",
            project=self._args.project_id,
            service=api,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._apis[api]]),
        ).member

    def _of_compute(self) -> pulumi.Output[str]:
        # Compute's agent is made with the API, and its name follows from the project's number.
        number = self._args.project_number
        member = f"serviceAccount:service-{number}@compute-system.iam.gserviceaccount.com"
        return self._apis["compute.googleapis.com"].id.apply(lambda _: member)

    def _agent(self, name: str, service: str, api: str) -> ServiceAgent:
        return ServiceAgent(
            f"{name}-{service}",
            ServiceAgentArgs(project=self._args.project_id, service=service),
            pulumi.ResourceOptions(parent=self, depends_on=[self._apis[api]]),
        )


def _short(api: str) -> str:
    return api.split(".", maxsplit=1)[0]
