"""Errors in the form of Google's APIs.

One exception class: what is refused differs by status and reason only, and clients read both.
"""

from typing import Any

from sandbox.wire import Refusal

# Canonical code to HTTP status and to the number that operations carry.
CODES = {
    "CANCELLED": (499, 1),
    "INVALID_ARGUMENT": (400, 3),
    "DEADLINE_EXCEEDED": (504, 4),
    "NOT_FOUND": (404, 5),
    "ALREADY_EXISTS": (409, 6),
    "PERMISSION_DENIED": (403, 7),
    "RESOURCE_EXHAUSTED": (429, 8),
    "FAILED_PRECONDITION": (400, 9),
    "ABORTED": (409, 10),
    "UNIMPLEMENTED": (501, 12),
    "INTERNAL": (500, 13),
    "UNAVAILABLE": (503, 14),
}


class ApiError(Refusal):
    """A refusal: HTTP status, canonical status, message and the reason of the older APIs."""

    def __init__(
        self, code: str, message: str, *, status: int | None = None, reason: str | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status or CODES[code][0]
        self.reason = reason

    @property
    def number(self) -> int:
        """The code as an operation's ``error.code``."""
        return CODES[self.code][1]

    def body(self) -> dict[str, Any]:
        """The JSON answer; Cloud Storage and Compute have ``errors`` in it, the others do not."""
        error: dict[str, Any] = {"code": self.status, "message": self.message}
        if self.reason is None:
            error["status"] = self.code
        else:
            error["errors"] = [{"message": self.message, "domain": "global", "reason": self.reason}]
        return {"error": error}


def not_found(what: str) -> ApiError:
    """404 with the usual text."""
    return ApiError("NOT_FOUND", f"{what} is not found.")


def already_exists(what: str) -> ApiError:
    """409 for a name that is taken."""
    return ApiError("ALREADY_EXISTS", f"{what} already exists.")


def invalid(message: str) -> ApiError:
    """400 for a request that can never be right."""
    return ApiError("INVALID_ARGUMENT", message)


def precondition(message: str) -> ApiError:
    """400 for a request that the state of the resource forbids."""
    return ApiError("FAILED_PRECONDITION", message)
