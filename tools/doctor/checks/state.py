"""What an earlier run of the engine left in the stack's state."""

from collections.abc import Iterator

from tools import stale_lock
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok, warn


def check(case: Case) -> Iterator[Finding]:
    """Interrupted operations and locks."""
    place = f"state of stack {case.stack}"
    local = case.backend is not None
    if case.problem:
        yield warn(
            f"cannot be read: {case.problem}",
            place,
            "sign in to its backend (pulumi login), or the stack's own resources look like others'",
        )
        return
    for lock in stale_lock.held(case.backend) if case.backend else ():
        yield warn(
            f"locked by {lock.name}", place, "wait for that run; `make up` clears a dead one's"
        )
    deployment = (case.state or {}).get("deployment") or {}
    begun = deployment.get("pending_operations") or []
    if begun:
        names = ", ".join(sorted({_name(one["resource"]["urn"]) for one in begun}))
        told, remedy = (
            (warn, "`make up` takes them up")
            if local
            else (fail, f"pulumi refresh -s {case.stack}, then look at what it asks")
        )
        yield told(f"a killed run left {len(begun)} operations begun: {names}", place, remedy)
    else:
        yield ok("nothing is left of an interrupted run" if case.state else "a new stack", place)


def _name(urn: str) -> str:
    return urn.rpartition("::")[2]
