"""Names that the stack gives itself and that somebody else may have in the account."""

from collections.abc import Iterator
from typing import Any

from tools.doctor.aws import client
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok
from tools.doctor.names import fixed, taken
from tools.pending.aws import FINDERS

# Found by their look, which says nothing of names.
_NAMELESS = ("aws:kms/key:Key", "aws:iam/rolePolicy:RolePolicy")
_ABSENT = frozenset(
    {"404", "EntityNotFoundException", "NoSuchBucket", "NoSuchEntity", "NotFoundException"}
)


def check(case: Case) -> Iterator[Finding]:
    """Each fixed name that exists already without being the stack's."""
    place = f"{case.aws.account_id} {case.aws.region}"
    names = 0
    for resource in fixed(case, "aws", FINDERS):
        if resource.type in _NAMELESS:
            continue
        names += 1
        try:
            found = FINDERS[resource.type](
                lambda name: client(name, case.aws.region), resource.inputs
            )
        except Exception as error:
            if _is_absent(error):
                continue
            if _code(error) in ("403", "Forbidden") and resource.type.startswith("aws:s3/"):
                yield fail(
                    f"bucket {resource.inputs['bucket']} belongs to somebody else",
                    "all of AWS",
                    "give the stack another name",
                )
                continue
            raise
        if not case.has(resource.type, found):
            yield taken(case, resource, found, place)
    yield ok(f"{names} names of its own looked up", place)


def _is_absent(error: Exception) -> bool:
    # A listing in which a name does not stand, or one of the services' own words.
    if isinstance(error, KeyError) or _code(error) in _ABSENT:
        return True
    return _code(error) == "InvalidRequestException" and "not found" in str(error).lower()


def _code(error: Exception) -> str:
    response: dict[str, Any] = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))
