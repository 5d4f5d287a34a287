"""What Azure's APIs refuse, in words for the user."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from plugin.handler import ResourceFailedError

_QUOTA: Final = "quota"
# No machine of this size is to be had, though the quota would allow it.
_CAPACITY_CODES: Final = frozenset(
    {"AllocationFailed", "OutOfCapacity", "SkuNotAvailable", "ZonalAllocationFailed"}
)
_SIGN_IN: Final = (
    "Sign in to Azure (`az login`, or set ARM_CLIENT_ID, ARM_CLIENT_SECRET and ARM_TENANT_ID), "
    "then run `pulumi up` again."
)


class ApiError(Exception):
    """An API refused: HTTP status, Azure's code, and its message with the details."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def error_of(response: Any) -> ApiError:
    """What a response with an error says."""
    try:
        body = response.json()
    except ValueError:
        body = None
    fallback = response.text()[:500] or response.reason or "no reason given"
    return error_in(body, status=response.status_code, fallback=fallback)


def error_in(body: Any, *, status: int, fallback: str = "no reason given") -> ApiError:
    """What a body says: ``{error: {code, message, details}}``, or the inner object alone."""
    error = body.get("error", body) if isinstance(body, Mapping) else {}
    if not isinstance(error, Mapping):  # the token endpoint's form
        error = {"code": error, "message": body.get("error_description")}
    # MLflow's API spells the code otherwise.
    code = str(error.get("code") or error.get("error_code") or status)
    told = [str(error.get("message") or fallback)]
    for detail in _details(error):
        if not any(detail in text for text in told):
            told.append(detail)
    return ApiError(status, code, "; ".join(text.strip().rstrip(".") for text in told))


def _details(error: Mapping[str, Any]) -> Iterator[str]:
    for detail in error.get("details") or ():
        if isinstance(detail, Mapping):
            if detail.get("message"):
                yield str(detail["message"])
            yield from _details(detail)


def is_missing(error: Exception) -> bool:
    """Whether Azure said that the thing asked for does not exist."""
    status = getattr(error, "status", None) or getattr(error, "status_code", None)
    return status == 404


@contextmanager
def explained(subject: str) -> Iterator[None]:
    """Turns errors of Azure's APIs into errors for the user that begin with ``subject``.

    Raises:
        ResourceFailedError: in place of an error of the API, the network or the sign-in.
    """
    import requests
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    try:
        yield
    except ApiError as error:
        raise ResourceFailedError(_words(subject, error)) from error
    except HttpResponseError as error:
        if isinstance(error, ClientAuthenticationError) and error.status_code != 403:
            text = _first_line(error)
            raise ResourceFailedError(f"{subject}: {text}. {_SIGN_IN}") from error
        code = str(getattr(error, "error_code", None) or error.status_code or "")
        known = ApiError(int(error.status_code or 0), code, _first_line(error))
        raise ResourceFailedError(_words(subject, known)) from error
    except (AzureError, requests.RequestException) as error:
        raise ResourceFailedError(
            f"{subject}: {_first_line(error)}. Check the network, and ARM_METADATA_HOSTNAME if it "
            "is set, then run `pulumi up` again."
        ) from error


def _words(subject: str, error: ApiError) -> str:
    return f"{subject}: {error.code}: {error.message.rstrip('.')}.{remedy(error)}"


def remedy(error: ApiError) -> str:
    """What the user can do, as sentences that begin with a space; empty where nothing is known."""
    if _QUOTA in error.code.lower() or _QUOTA in error.message.lower():
        return (
            " The subscription's quota is used up: ask for more (Azure Machine Learning studio: "
            "Manage > Quota), or choose another VM size or region or fewer instances, then run "
            "`pulumi up` again."
        )
    if error.code in _CAPACITY_CODES:
        return " Choose another VM size or region, or try later, then run `pulumi up` again."
    if error.status == 429:
        return " Azure throttles this subscription's requests: run `pulumi up` again in a minute."
    if error.status == 403:
        return (
            " Grant the identity that runs Pulumi this permission; just after a role was assigned, "
            "wait some minutes. Then run `pulumi up` again."
        )
    if error.status == 401:
        return f" {_SIGN_IN}"
    return ""


def _first_line(error: Exception) -> str:
    text = str(getattr(error, "message", None) or error).strip()
    return (text.splitlines() or ["no reason given"])[0].rstrip(".")
