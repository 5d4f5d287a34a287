"""Names that a stack gives itself, so that something else may have them."""

from collections.abc import Container, Iterator
from typing import Any

from tools.cost.planned import Planned
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, warn

# In the place of a value that only `up` will know (sdk/go/common/resource/plugin/rpc.go).
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
# Properties that name a resource; where the provider made one up, nobody else has it.
_NAMES = ("name", "bucket", "accountId", "workloadIdentityPoolId", "accountName", "registryName")


def fixed(case: Case, cloud: str, known: Container[str]) -> Iterator[Planned]:
    """The wanted resources of known types whose names are the program's own and known already."""
    for resource in case.plan or ():
        if resource.cloud != cloud or resource.type not in known:
            continue
        made_up = resource.inputs.get("__defaults") or ()
        if name_of(resource.inputs) and not any(name in made_up for name in _NAMES):
            yield resource


def name_of(inputs: Any) -> str:
    """The name that a resource's inputs give it; empty where they give none."""
    found = (str(inputs[name]) for name in _NAMES if inputs.get(name))
    return next((name for name in found if UNKNOWN not in name), "")


def taken(case: Case, resource: Planned, found: str, place: str) -> Finding:
    """Something has a name that the stack wants."""
    kind = resource.type.rpartition(":")[2]
    text = f"{kind} {name_of(resource.inputs)} exists already"
    if case.problem:
        remedy = "it may be this stack's own: sign in to its backend to see"
        return warn(text, place, remedy)
    remedy = (
        f"delete it, or make it the stack's: pulumi import -s {case.stack} {resource.type} "
        f"{resource.name} {found}"
    )
    return fail(text, place, remedy)
