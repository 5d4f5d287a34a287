"""The account under which one of Google's services acts in a project, as a resource."""

from dataclasses import dataclass
from typing import ClassVar, Final

import pulumi

from components.gcp.runs.cloud import call, explained
from components.runs.resource import RunResource
from plugin.handler import CheckFailure, Handler, Properties, State
from plugin.provider import Context

TYPE: Final = "trimaran:gcp:ServiceAgent"
SERVICES: Final = ("storage", "storagetransfer")


@dataclass(frozen=True, kw_only=True)
class ServiceAgentArgs:
    """Whose agent."""

    project: pulumi.Input[str]
    service: pulumi.Input[str]
    """``storage`` or ``storagetransfer``: the two that are made by asking for them, which
    ``gcp.projects.ServiceIdentity`` cannot."""


class ServiceAgent(RunResource):
    """Asks for a service's agent, which creates it where it does not exist yet.

    A function of the provider would do the same but needs credentials in previews already.
    Deleting this resource changes nothing: agents cannot be deleted.
    """

    project: pulumi.Output[str]
    service: pulumi.Output[str]
    email: pulumi.Output[str]
    member: pulumi.Output[str]
    """``serviceAccount:<email>``, as policies name it."""
    subject_id: pulumi.Output[str]
    """The number that other clouds trust it by; empty for ``storage``."""

    def __init__(
        self, name: str, args: ServiceAgentArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(TYPE, name, args, opts)


class ServiceAgentHandler(Handler):
    """Asks once."""

    token: ClassVar[str] = TYPE
    immutable: ClassVar[frozenset[str]] = frozenset({"project", "service"})
    computed: ClassVar[frozenset[str]] = frozenset({"email", "member", "subjectId"})

    def check(
        self, context: Context, old: Properties, new: Properties
    ) -> tuple[Properties, list[CheckFailure]]:
        service = new.get("service")
        if isinstance(service, str) and service not in SERVICES:
            reason = f"must be one of {', '.join(SERVICES)}, not {service}"
            return new, [CheckFailure(property="service", reason=reason)]
        return new, []

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        project, service = inputs["project"], inputs["service"]
        with explained(f"service agent of {service} in {project}"):
            if service == "storage":
                path = f"/storage/v1/projects/{project}/serviceAccount"
                email, subject = str(call(service, "GET", path)["email_address"]), ""
            else:
                # https://cloud.google.com/storage-transfer/docs/reference/rest/v1/googleServiceAccounts/get
                answer = call(service, "GET", f"/v1/googleServiceAccounts/{project}")
                email, subject = str(answer["accountEmail"]), str(answer.get("subjectId", ""))
        outputs = {"email": email, "member": f"serviceAccount:{email}", "subjectId": subject}
        return f"{project}/{service}", outputs

    def read(
        self, context: Context, resource_id: str, outputs: Properties, inputs: Properties
    ) -> State | None:
        return State(id=resource_id, outputs=outputs)

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        """Agents belong to the project and stay."""
