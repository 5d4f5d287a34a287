"""Whom an IAM grant of Google Cloud lets in."""

from collections.abc import Iterator
from typing import Final

from policy.resource import Resource
from policy.rule import Check

PUBLIC: Final = ("allUsers", "allAuthenticatedUsers")
"""Everybody; everybody with any Google account. Neither is a restriction."""


def grants(*stems: str) -> tuple[str, ...]:
    """The tokens of the grants of some kinds, such as `storage/bucketIAM`."""
    kinds = ("Member", "Binding", "Policy")
    return tuple(f"gcp:{stem}{kind}:{_class(stem)}{kind}" for stem in stems for kind in kinds)


def _class(stem: str) -> str:
    name = stem.rpartition("/")[2]
    return name[:1].upper() + name[1:]


def bindings(grant: Resource) -> Iterator[tuple[str, str]]:
    """Each role of a grant with each member that gets it."""
    role = grant.get("role", "")
    if member := grant.get("member"):
        yield role, member
    for member in grant.get("members", []):
        yield role, member
    for binding in (grant.document("policyData") or {}).get("bindings", []):
        for member in binding.get("members", []):
            yield binding.get("role", ""), member


def roles(grant: Resource) -> Iterator[str]:
    """Each role of a grant, whoever gets it."""
    if role := grant.get("role"):
        yield role
    for binding in (grant.document("policyData") or {}).get("bindings", []):
        yield binding.get("role", "")


def nobody_from_outside() -> Check:
    """A grant names somebody, and not everybody."""

    def check(grant: Resource) -> Iterator[str]:
        if not any(grant.has(path) for path in ("member", "members", "policyData")):
            yield "it does not say whom it lets in"
        for role, member in bindings(grant):
            if member in PUBLIC:
                yield f"{member} has {role}"

    return check
