"""Cloud Storage's refusals, and the preconditions that every object method knows."""

from sandbox.gcp.errors import ApiError
from sandbox.router import Request
from sandbox.store import Record


def no_bucket() -> ApiError:
    """404 for a bucket."""
    return ApiError("NOT_FOUND", "The specified bucket does not exist.", reason="notFound")


def no_object(bucket: str, name: str) -> ApiError:
    """404 for an object."""
    return ApiError("NOT_FOUND", f"No such object: {bucket}/{name}", reason="notFound")


def invalid(message: str) -> ApiError:
    """400."""
    return ApiError("INVALID_ARGUMENT", message, reason="invalid")


def conflict(message: str) -> ApiError:
    """409."""
    return ApiError("ALREADY_EXISTS", message, reason="conflict")


def forbidden(message: str, reason: str = "forbidden") -> ApiError:
    """403."""
    return ApiError("PERMISSION_DENIED", message, reason=reason)


def condition_not_met(message: str | None = None) -> ApiError:
    """412."""
    text = message or "At least one of the pre-conditions you specified did not hold."
    return ApiError("FAILED_PRECONDITION", text, status=412, reason="conditionNotMet")


def _differs(wanted: str | None, found: int) -> bool:
    if wanted is None:
        return False
    if not wanted.isdigit():
        raise invalid(f"Invalid value {wanted!r} of a precondition.")
    return int(wanted) != found


def check_conditions(request: Request, record: Record | None, *, source: bool = False) -> None:
    """Compare the query's preconditions with a bucket or an object, ``None`` when there is none.

    Args:
        source: the preconditions of a copy's source, ``ifSourceGenerationMatch`` and so on.

    Raises:
        ApiError: 412, or 304 where a GET asks for a change that did not happen.
    """
    middle = "Source" if source else ""
    query = request.query
    for kind in ("Generation", "Metageneration"):
        found = int((record or {}).get(kind.lower(), 0))
        if _differs(query.get(f"if{middle}{kind}Match"), found):
            raise condition_not_met()
        unwanted = query.get(f"if{middle}{kind}NotMatch")
        if unwanted is not None and not _differs(unwanted, found):
            if request.method in ("GET", "HEAD"):
                raise ApiError(
                    "FAILED_PRECONDITION", "Not modified", status=304, reason="notModified"
                )
            raise condition_not_met()
