"""The APIs that the stack switches on: which are off, and whether it can switch them on."""

from collections.abc import Iterator
from urllib.parse import urlencode

from components.gcp.runs.cloud import call
from tools.doctor.case import Case
from tools.doctor.finding import Finding, ok

_SERVICE = "gcp:projects/service:Service"
_MOST_AT_ONCE = (
    20  # https://cloud.google.com/service-usage/docs/reference/rest/v1/services/batchGet
)


def check(case: Case) -> Iterator[Finding]:
    """The APIs of the plan."""
    place = f"project {case.gcp.project_id}"
    wanted = sorted({str(one.inputs["service"]) for one in case.planned(_SERVICE)})
    states = states_of(case, wanted)
    off = [name for name in wanted if states.get(name) != "ENABLED"]
    # The stack asks for them before anything else and waits.
    if off:
        short = ", ".join(name.partition(".")[0] for name in off)
        yield ok(f"{len(off)} of {len(wanted)} APIs are off, `up` switches them on: {short}", place)
    else:
        yield ok(f"all {len(wanted)} APIs are on", place)


def states_of(case: Case, names: list[str]) -> dict[str, str]:
    """The state of each API, such as `ENABLED`."""
    found: dict[str, str] = {}
    root = f"projects/{case.gcp.project_id}/services"
    for first in range(0, len(names), _MOST_AT_ONCE):
        some = names[first : first + _MOST_AT_ONCE]
        query = urlencode([("names", f"{root}/{name}") for name in some])
        answer = call("serviceusage", "GET", f"/v1/{root}:batchGet?{query}")
        for service in answer.get("services", []):
            found[str(service["config"]["name"])] = str(service["state"])
    return found
