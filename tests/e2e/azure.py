"""What is in the sandbox's Azure, as Resource Manager tells it."""

from collections.abc import Iterator
from typing import Any

from plugin import Context
from sandbox.azure.plugin.cloud import Cloud, Endpoint
from tests.e2e.project import Project

SUBSCRIPTION = "/subscriptions/11111111-2222-4333-8444-555555555555"
ML = "2025-12-01"


def get(project: Project, path: str, *, version: str) -> dict[str, Any]:
    """What Resource Manager answers there."""
    found: dict[str, Any] = Cloud(Endpoint(project.stack.environ), Context()).get(path, version)
    return found


def in_azure(project: Project, path: str, *, version: str = "2022-04-01") -> list[dict[str, Any]]:
    """What Resource Manager lists there."""
    found: list[dict[str, Any]] = get(project, path, version=version).get("value", [])
    return found


def workspaces(project: Project) -> list[str]:
    """The ids of the workspaces."""
    kind = "Microsoft.MachineLearningServices/workspaces"
    found = [str(one["id"]) for one in in_azure(project, f"{SUBSCRIPTION}/resources")]
    return [name for name in found if name.rpartition("/")[0].endswith(kind)]


def in_workspace(project: Project, kind: str) -> list[dict[str, Any]]:
    """The first workspace's things of a kind."""
    for place in workspaces(project):
        return in_azure(project, f"{place}/{kind}", version=ML)
    return []


def ids_in_azure(project: Project) -> Iterator[str]:
    """Ids, in lower case, of what a stack could leave behind in Azure."""
    assignments = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleAssignments"
    for path in (f"{SUBSCRIPTION}/resourcegroups", f"{SUBSCRIPTION}/resources", assignments):
        yield from (str(one["id"]).lower() for one in in_azure(project, path))
    for place in workspaces(project):
        for kind in ("jobs", "models", "onlineEndpoints", "environments", "codes", "data"):
            found = in_azure(project, f"{place}/{kind}", version=ML)
            yield from (str(one["id"]).lower() for one in found)
