"""Names that the stack gives itself and that something else may have in the project."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from components.gcp.runs.cloud import ApiError, call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok
from tools.doctor.names import UNKNOWN, fixed, name_of, taken
from tools.pending.gcp import FINDERS, HOSTS, ByName

_APIS: Final = {
    "iam": "iam",
    "logging": "logging",
    "storage": "storage",
    "vertex_ai": "aiplatform",
}


def check(case: Case) -> Iterator[Finding]:
    """Each fixed name that exists already without being the stack's, or was deleted lately."""
    project, region = case.gcp.project_id, case.gcp.region
    place = f"project {project}"
    names = 0
    for resource in fixed(case, "gcp", FINDERS):
        finder = FINDERS[resource.type]
        if not isinstance(finder, ByName) or finder.api not in _APIS:
            continue
        path = finder.path.format_map({"project": project, "region": region, **resource.inputs})
        if UNKNOWN in path:
            continue
        names += 1
        try:
            version = urlsplit(HOSTS[finder.api]).path
            found = call(_APIS[finder.api], "GET", f"{version}{path}", region=region)
        except ApiError as error:
            if error.status == 404 or _is_off(error):
                continue
            if error.status == 403 and finder.api == "storage":
                yield fail(
                    f"bucket {name_of(resource.inputs)} belongs to somebody else",
                    "all of Google Cloud",
                    "give the stack another name",
                )
                continue
            raise
        resource_id = finder.id.format_map(resource.inputs) if finder.id else path
        if case.has(resource.type, resource_id, path):
            continue
        if found.get("state") == "DELETED":
            kind, name = resource.type.rpartition(":")[2], name_of(resource.inputs)
            yield fail(
                f"{kind} {name} was deleted less than 30 days ago and keeps its name",
                place,
                f"gcloud iam workload-identity-pools undelete {name} --location=global "
                f"--project={project}, then pulumi import -s {case.stack} {resource.type} "
                f"{resource.name} {path}; or give the stack another name",
            )
        else:
            yield taken(case, resource, resource_id, place)
    yield ok(f"{names} names of its own looked up", place)


def _is_off(error: ApiError) -> bool:
    # Where the API was never on there is nothing that could have the name.
    return error.status == 403 and "disabled" in error.message
