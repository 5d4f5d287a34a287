"""Google's own accounts in the project, and the role without which their service does nothing."""

from collections.abc import Iterator
from typing import Final

from components.gcp.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, ok, warn
from tools.doctor.gcp.apis import states_of

# https://cloud.google.com/iam/docs/service-agents: granted when the API is switched on.
_AGENTS: Final = {
    "aiplatform.googleapis.com": ("gcp-sa-aiplatform", "roles/aiplatform.serviceAgent"),
    "dataflow.googleapis.com": ("dataflow-service-producer-prod", "roles/dataflow.serviceAgent"),
}


def check(case: Case) -> Iterator[Finding]:
    """The agents of APIs that are on; those of the others come with them."""
    project, number = case.gcp.project_id, case.gcp.project_number
    place = f"project {project}"
    states = states_of(case, sorted(_AGENTS))
    policy = call("cloudresourcemanager", "POST", f"/v1/projects/{project}:getIamPolicy", body={})
    held = {
        (binding["role"], member)
        for binding in policy.get("bindings", [])
        for member in binding.get("members", [])
    }
    for api, (agent, role) in _AGENTS.items():
        member = f"serviceAccount:service-{number}@{agent}.iam.gserviceaccount.com"
        if states.get(api) != "ENABLED":
            yield ok(f"the agent of {api} comes when `up` switches the API on", place)
        elif (role, member) in held:
            yield ok(f"the agent of {api} has {role}", place)
        else:
            yield warn(
                f"the agent of {api} does not have {role}",
                place,
                f"gcloud projects add-iam-policy-binding {project} --member={member} --role={role}",
            )
