"""Service Usage: which APIs a project has switched on. Every API answers all the same."""

from sandbox.gcp.context import Context
from sandbox.gcp.errors import invalid
from sandbox.gcp.paging import page
from sandbox.gcp.recorded import policies
from sandbox.router import Request
from sandbox.store import Record

COLLECTION = "services"
# Service agents with names that do not follow from the API's.
AGENTS = {
    "aiplatform": "gcp-sa-aiplatform",
    "storagetransfer": "storage-transfer-service",
    "pubsub": "gcp-sa-pubsub",
    "dataflow": "dataflow-service-producer-prod",
    "cloudkms": "gcp-sa-cloudkms",
    "logging": "gcp-sa-logging",
    "monitoring": "gcp-sa-monitoring-notification",
    "compute": "compute-system",
    "storage": "gs-project-accounts",
}
# https://cloud.google.com/iam/docs/service-agents
AGENT_ROLES = {
    "aiplatform.googleapis.com": "roles/aiplatform.serviceAgent",
    "dataflow.googleapis.com": "roles/dataflow.serviceAgent",
}
MOST_AT_ONCE = 20


class _Services:
    def __init__(self, context: Context) -> None:
        self._context = context
        for version in ("/v1", "/v1beta1"):
            base = f"{version}/projects/{{project}}/services"
            context.route("GET", base, self._list)
            context.route("POST", f"{base}:batchEnable", self._batch_enable)
            context.route("GET", f"{base}:batchGet", self._batch_get)
            context.route("GET", f"{base}/{{service}}", self._get)
            context.route("POST", f"{base}/{{service}}:enable", self._enable)
            context.route("POST", f"{base}/{{service}}:disable", self._disable)
            context.route("POST", f"{base}/{{service}}:generateServiceIdentity", self._identity)

    def _resource(self, number: str, service: str) -> Record:
        name = f"projects/{number}/services/{service}"
        enabled = self._context.store.get(COLLECTION, name) is not None
        return {
            "name": name,
            "parent": f"projects/{number}",
            "config": {"name": service, "title": service},
            "state": "ENABLED" if enabled else "DISABLED",
        }

    def _target(self, request: Request) -> tuple[str, str]:
        return self._context.number(request.variables["project"]), request.variables["service"]

    def _switch(self, number: str, service: str, *, on: bool) -> Record:
        if not service.endswith(".googleapis.com"):
            raise invalid(f"Service {service} not found or permission denied.")
        name = f"projects/{number}/services/{service}"
        if on:
            self._context.store.put(COLLECTION, name, {"name": name})
            self._grant_agent(number, service)
        else:
            self._context.store.delete(COLLECTION, name)
        return self._resource(number, service)

    def _grant_agent(self, number: str, service: str) -> None:
        """The role without which a service's agent does nothing comes with the API."""
        if service not in AGENT_ROLES:
            return
        project = f"projects/{self._context.project_id(number)}"
        short = service.removesuffix(".googleapis.com")
        member = f"serviceAccount:service-{number}@{AGENTS[short]}.iam.gserviceaccount.com"
        policies.grant(self._context, project, AGENT_ROLES[service], member)

    def _operation(self, response: Record, kind: str) -> Record:
        response_type = f"google.api.serviceusage.v1.{kind}"
        return self._context.operations.start(
            "operations", lambda: response, response_type=response_type
        )

    def _list(self, request: Request) -> Record:
        number = self._context.number(request.variables["project"])
        found = [
            self._resource(number, name.rsplit("/", 1)[-1])
            for name, _ in self._context.store.find(COLLECTION, f"projects/{number}/services/")
        ]
        wanted = request.query.get("filter", "state:ENABLED").rpartition(":")[2]
        return page(request, "services", [item for item in found if item["state"] == wanted])

    def _get(self, request: Request) -> Record:
        return self._resource(*self._target(request))

    def _batch_get(self, request: Request) -> Record:
        number = self._context.number(request.variables["project"])
        names = [name.rsplit("/", 1)[-1] for name in request.queries.get("names", [])]
        return {"services": [self._resource(number, name) for name in names]}

    def _enable(self, request: Request) -> Record:
        service = self._switch(*self._target(request), on=True)
        return self._operation({"service": service}, "EnableServiceResponse")

    def _disable(self, request: Request) -> Record:
        service = self._switch(*self._target(request), on=False)
        return self._operation({"service": service}, "DisableServiceResponse")

    def _batch_enable(self, request: Request) -> Record:
        number = self._context.number(request.variables["project"])
        names = request.json().get("serviceIds", [])
        if not 0 < len(names) <= MOST_AT_ONCE:
            raise invalid(f"batchEnable takes 1 to {MOST_AT_ONCE} services.")
        services = [self._switch(number, name, on=True) for name in names]
        return self._operation({"services": services}, "BatchEnableServicesResponse")

    def _identity(self, request: Request) -> Record:
        number, service = self._target(request)
        short = service.removesuffix(".googleapis.com")
        agent = AGENTS.get(short, f"gcp-sa-{short}")
        prefix = "project" if short == "storagetransfer" else "service"
        identity = {
            "email": f"{prefix}-{number}@{agent}.iam.gserviceaccount.com",
            "uniqueId": f"1{number}00000000"[:21],
        }
        return self._operation(identity, "ServiceIdentity")


def install(context: Context) -> None:
    """The services of a project."""
    _Services(context)
