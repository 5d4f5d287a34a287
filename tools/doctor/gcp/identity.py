"""Whether somebody is signed in to GCP and sees the stack's project."""

from collections.abc import Iterator

from components.gcp.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok


def check(case: Case) -> Iterator[Finding]:
    """The project's state and number."""
    project = case.gcp.project_id
    found = call("cloudresourcemanager", "GET", f"/v1/projects/{project}")
    place = f"project {project}"
    if found.get("lifecycleState") != "ACTIVE":
        remedy = f"gcloud projects undelete {project}, or another gcp.project_id"
        yield fail(f"the project is {found.get('lifecycleState')}", place, remedy)
    elif str(found["projectNumber"]) != case.gcp.project_number:
        yield fail(
            f"the project's number is {found['projectNumber']}, not {case.gcp.project_number}",
            f"{case.file}: gcp.project_number",
            f"pulumi config set --path 'trimaran:gcp.project_number' {found['projectNumber']} "
            f"-s {case.stack}",
        )
    else:
        yield ok("signed in, the project is active", place)
