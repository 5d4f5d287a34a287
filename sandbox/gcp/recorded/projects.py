"""Resource Manager: projects exist when they are named; their IAM policies are kept."""

from sandbox.gcp.context import Context
from sandbox.gcp.recorded import policies
from sandbox.router import Request
from sandbox.store import Record


def install(context: Context) -> None:
    """Get and policies, in versions 1 and 3, and the billing account a project has."""

    def project(request: Request) -> Record:
        number = context.number(request.variables["project"])
        identifier = context.project_id(number)
        return {
            "name": f"projects/{identifier}",
            "projectId": identifier,
            "projectNumber": number,
            "lifecycleState": "ACTIVE",
            "createTime": "2024-01-01T00:00:00.000Z",
        }

    def project_3(request: Request) -> Record:
        found = project(request)
        return {
            "name": f"projects/{found['projectNumber']}",
            "projectId": found["projectId"],
            "displayName": found["projectId"],
            "state": "ACTIVE",
            "createTime": found["createTime"],
        }

    def billing(request: Request) -> Record:
        identifier = project(request)["projectId"]
        return {
            "name": f"projects/{identifier}/billingInfo",
            "projectId": identifier,
            "billingAccountName": "billingAccounts/000000-000000-000000",
            "billingEnabled": True,
        }

    context.route("GET", "/v1/projects/{project}", project)
    context.route("GET", "/v3/projects/{project}", project_3)
    context.route("GET", "/v1/projects/{project}/billingInfo", billing)
    for version in ("v1", "v3"):
        policies.routes(context, f"/{version}/projects/{{project}}", project)
