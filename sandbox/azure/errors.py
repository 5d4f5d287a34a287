"""Errors in the form of Azure Resource Manager: ``{"error": {"code": …, "message": …}}``.

One exception class: what is refused differs by status, code and text, and clients read all three.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.wire import Refusal


class ApiError(Refusal):
    """A refusal: HTTP status, Azure's own code, message, target and details."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.target = target
        self.details = list(details)
        self.headers = {"x-ms-error-code": code, **(headers or {})}

    def error(self) -> dict[str, Any]:
        """What stands under ``error``, also in failed operations."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details:
            error["details"] = self.details
        return error

    def body(self) -> dict[str, Any]:
        return {"error": self.error()}


def bad_request(message: str, code: str = "BadRequest", target: str | None = None) -> ApiError:
    """400 for a request that can never be right."""
    return ApiError(400, code, message, target=target)


def not_found(message: str, code: str = "ResourceNotFound") -> ApiError:
    """404."""
    return ApiError(404, code, message)


def conflict(message: str, code: str = "Conflict") -> ApiError:
    """409 for what the state of things forbids."""
    return ApiError(409, code, message)
