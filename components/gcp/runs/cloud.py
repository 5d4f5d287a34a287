"""Google's APIs as the handlers use them: authorised REST, and errors in words for the user.

REST over google-auth, not google-cloud-aiplatform: the requests are the same (that library's own
REST transport sends them), but importing it takes 15 s of every `pulumi up`, google-auth 0.3 s.

Credentials come from google-auth's own chain (``GOOGLE_APPLICATION_CREDENTIALS``, the metadata
server, …) in the environment of ``pulumi``; none of them enters the state. Endpoints are Google's
unless the variables say otherwise that the provider ``gcp`` reads as well, such as
``GOOGLE_VERTEX_AI_CUSTOM_ENDPOINT``: provider and handlers always talk to the same cloud.
"""

import itertools
import os
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from components.runs.polling import Polling
from plugin.handler import ResourceFailedError

_SCOPES: Final = ("https://www.googleapis.com/auth/cloud-platform",)
# Host, and the middle of the variable that names another one.
_HOSTS: Final = {
    "aiplatform": ("https://{region}-aiplatform.googleapis.com", "VERTEX_AI"),
    "cloudbilling": ("https://cloudbilling.googleapis.com", "BILLING"),
    "cloudresourcemanager": (
        "https://cloudresourcemanager.googleapis.com",
        "CLOUD_RESOURCE_MANAGER",
    ),
    "dataflow": ("https://dataflow.googleapis.com", "DATAFLOW"),
    "iam": ("https://iam.googleapis.com", "IAM"),
    "logging": ("https://logging.googleapis.com", "LOGGING"),
    "serviceusage": ("https://serviceusage.googleapis.com", "SERVICE_USAGE"),
    "storage": ("https://storage.googleapis.com", "STORAGE"),
    "storagetransfer": ("https://storagetransfer.googleapis.com", "STORAGE_TRANSFER"),
}
_ATTEMPTS: Final = 5
_PASSING: Final = frozenset({500, 502, 503, 504})
# A rate is counted by the minute: these attempts are made over more than one.
_RATE_ATTEMPTS: Final = 8
_LONGEST_PAUSE: Final = 16.0
# What Vertex AI says when machines, not requests, are too many. Waiting frees none.
_ALLOCATION: Final = re.compile(r"quota metrics exceed quota limits|quotas are exceeded")
_METRIC: Final = re.compile(r"aiplatform\.googleapis\.com/(\w+)|\b(\w+PerProjectPerRegion)\b")
_REPEATABLE: Final = frozenset({"GET", "DELETE", "PUT"})
_TIMEOUT: Final = (10, 60)

_lock = threading.Lock()
_local = threading.local()
_credentials: list[Any] = []


class ApiError(Exception):
    """An API refused: HTTP status, Google's canonical code, its message, and the region asked."""

    def __init__(self, status: int, code: str, message: str, region: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.region = region


def base_url(api: str, region: str = "") -> str:
    """Where ``api`` is, without a slash at the end; regional APIs are asked in ``region``."""
    host, middle = _HOSTS[api]
    custom = os.environ.get(f"GOOGLE_{middle}_CUSTOM_ENDPOINT")
    if not custom:
        return host.format(region=region)
    # The variable ends with the API's version, which the paths here begin with.
    parts = urlsplit(custom)
    return f"{parts.scheme}://{parts.netloc}"


def call(
    api: str,
    method: str,
    path: str,
    *,
    region: str = "",
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One request; ``path`` begins with a slash. Returns the JSON object of the answer.

    Passing faults of requests that may be repeated are, four times, with a growing pause. A request
    beyond the rate that the API takes was not carried out: it is repeated for a minute, whatever
    it asks.

    Raises:
        ApiError: when the API refuses.
    """
    response = _send(api, method, path, region=region, body=body, query=query, stream=False)
    if not response.content:
        return {}
    answer: dict[str, Any] = response.json()
    return answer


def stream(api: str, path: str, *, query: Mapping[str, str]) -> Any:
    """A GET whose body is read in pieces (``iter_content``); the caller closes it.

    Raises:
        ApiError: when the API refuses.
    """
    return _send(api, "GET", path, region="", body=None, query=query, stream=True)


def _send(
    api: str,
    method: str,
    path: str,
    *,
    region: str,
    body: Mapping[str, Any] | None,
    query: Mapping[str, str] | None,
    stream: bool,
) -> Any:
    import requests

    url = f"{base_url(api, region)}{path}"
    for attempt in itertools.count(1):
        rate = False
        last = attempt >= _ATTEMPTS or method not in _REPEATABLE
        try:
            response = session().request(
                method, url, json=body, params=query, timeout=_TIMEOUT, stream=stream
            )
        except requests.ConnectionError:
            if last:
                raise
        else:
            if response.ok:
                return response
            error = _error_of(response, region)
            rate = _is_rate(error)
            if rate:
                if attempt >= _RATE_ATTEMPTS:
                    raise error
            elif last or response.status_code not in _PASSING:
                raise error
        time.sleep(_pause(attempt, rate=rate))
    raise AssertionError("unreachable")


def _pause(attempt: int, *, rate: bool) -> float:
    """Seconds after an attempt: the eight of a rate make up more than a minute."""
    return min(2.0**attempt, _LONGEST_PAUSE) if rate else 0.2 * 2**attempt


def _is_rate(error: ApiError) -> bool:
    return error.status == 429 and not _ALLOCATION.search(error.message)


def session() -> Any:
    """This thread's authorised session.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: when nobody is signed in.
    """
    found = getattr(_local, "session", None)
    if found is None:
        from google.auth.transport.requests import AuthorizedSession

        found = _local.session = AuthorizedSession(credentials())  # type: ignore[no-untyped-call]
        found.headers["user-agent"] = "trimaran"
    return found


def credentials() -> Any:
    """The process's credentials, shared so that tokens are fetched once.

    Raises:
        google.auth.exceptions.DefaultCredentialsError: when nobody is signed in.
    """
    with _lock:
        if not _credentials:
            import google.auth

            found, _ = google.auth.default(scopes=list(_SCOPES))
            _credentials.append(found)
        return _credentials[0]


def forget_session() -> None:
    """Drops credentials and this thread's session, for a changed environment (tests)."""
    with _lock:
        _credentials.clear()
    _local.session = None


def _error_of(response: Any, region: str) -> ApiError:
    try:
        error = response.json().get("error", {})
    except ValueError:
        error = {}
    if isinstance(error, str):  # the token endpoint's form
        error = {"status": error}
    message = str(error.get("message") or response.text[:500] or response.reason)
    code = str(error.get("status") or error.get("code") or response.status_code)
    return ApiError(response.status_code, code, message, region)


def is_missing(error: Exception) -> bool:
    """Whether the API said that the thing asked for does not exist."""
    return isinstance(error, ApiError) and error.status == 404


@contextmanager
def explained(subject: str) -> Iterator[None]:
    """Turns errors of the APIs into errors for the user that begin with ``subject``.

    Raises:
        ResourceFailedError: in place of an error of the API, the network or the sign-in.
    """
    import requests
    from google.auth.exceptions import GoogleAuthError

    try:
        yield
    except ApiError as error:
        text = error.message.rstrip(".")
        raise ResourceFailedError(
            f"{subject}: {error.code}: {text}.{remedy(error, error.region)}"
        ) from error
    except GoogleAuthError as error:
        raise ResourceFailedError(
            f"{subject}: {error}. Sign in to GCP (`gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS), then run `pulumi up` again."
        ) from error
    except requests.RequestException as error:
        raise ResourceFailedError(
            f"{subject}: {error}. Check the network, and GOOGLE_…_CUSTOM_ENDPOINT if set, then "
            " run `pulumi up` again."
        ) from error


def remedy(error: ApiError, region: str) -> str:
    """What the user can do, as sentences that begin with a space; empty where nothing is known."""
    if error.code == "RESOURCE_EXHAUSTED" or error.status == 429:
        return quota_remedy(error.message, region)
    if error.status == 403:
        return (
            " Grant the identity that runs Pulumi this permission; just after an API was enabled "
            "or a role granted, wait a minute. Then run `pulumi up` again."
        )
    if error.status == 401:
        return " Sign in anew: `gcloud auth application-default login`."
    return ""


def quota_remedy(message: str, region: str) -> str:
    """What to do about a quota that the service's message names, in ``region``."""
    if not _ALLOCATION.search(message):
        return (
            " These are too many requests in a minute: run `pulumi up` again in some minutes, or "
            "ask for a higher rate (console: IAM & Admin > Quotas)."
        )
    names = dict.fromkeys(first or second for first, second in _METRIC.findall(message))
    quotas = ", ".join(names) or "of machines"
    place = f" of region {region}" if region else ""
    return (
        f" Quota {quotas}{place} is used up: end jobs or undeploy models that hold it, ask for "
        "more (console: IAM & Admin > Quotas), or choose another machine type or region, fewer "
        "replicas or fewer parallel trials. Then run `pulumi up` again."
    )


def wait_for_operation(
    polling: Polling, operation: Mapping[str, Any], *, api: str, region: str, doing: str
) -> dict[str, Any]:
    """The response of a long-running operation once it is done.

    Raises:
        ApiError: when the operation failed.
        OperationInterruptedError: when the user interrupted the update.
    """
    current = dict(operation)
    while not current.get("done"):
        polling.pause(doing)
        current = call(api, "GET", f"/v1/{operation['name']}", region=region)
    error = current.get("error")
    if error:
        code = str(error.get("code", ""))
        raise ApiError(400, _CODES.get(code, code), str(error.get("message", "")), region)
    response: dict[str, Any] = current.get("response") or {}
    return response


# https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto
_CODES: Final = {
    "1": "CANCELLED",
    "3": "INVALID_ARGUMENT",
    "4": "DEADLINE_EXCEEDED",
    "5": "NOT_FOUND",
    "6": "ALREADY_EXISTS",
    "7": "PERMISSION_DENIED",
    "8": "RESOURCE_EXHAUSTED",
    "9": "FAILED_PRECONDITION",
    "13": "INTERNAL",
    "14": "UNAVAILABLE",
}
