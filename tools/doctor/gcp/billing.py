"""Whether somebody pays for the project: without, most APIs cannot be switched on."""

from collections.abc import Iterator

from components.gcp.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok


def check(case: Case) -> Iterator[Finding]:
    """The project's billing account."""
    project = case.gcp.project_id
    place = f"project {project}"
    found = call("cloudbilling", "GET", f"/v1/projects/{project}/billingInfo")
    if found.get("billingEnabled"):
        yield ok("billing is on", place)
    else:
        remedy = f"gcloud billing projects link {project} --billing-account=ACCOUNT"
        yield fail("billing is off", place, remedy)
