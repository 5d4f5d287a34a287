"""What a handler talks to: the sandbox's Google APIs, and the project and region it works in."""

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from plugin.handler import ResourceFailedError
from plugin.provider import Context
from sandbox.gcp.environment import PROJECT
from sandbox.http_client import Answer, Client

DEFAULT_PROJECT: Final = PROJECT
DEFAULT_REGION: Final = "us-central1"
_LONGEST_POLL: Final = 1.0

Query = Mapping[str, str | None]


class GoogleError(Exception):
    """A refusal: HTTP status, the cloud's own code or reason, and its text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"googleapi: Error {status}: {message}, {code}")
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Configuration:
    """What the program configured of this provider."""

    project: str = DEFAULT_PROJECT
    region: str = DEFAULT_REGION
    zone: str = f"{DEFAULT_REGION}-a"
    default_labels: Mapping[str, str] = field(default_factory=dict)
    attribution: bool = True
    """Whether resources get the label ``goog-pulumi-provisioned``."""
    attribution_always: bool = False
    """Whether resources that were created without that label get it as well."""


@dataclass(frozen=True)
class Cloud:
    """The APIs for the length of one operation.

    ``labels`` are those that the provider's configuration adds to the resource's own.
    """

    endpoint_url: str
    configuration: Configuration
    context: Context
    labels: Mapping[str, str] = field(default_factory=dict)

    def call(
        self, method: str, path: str, *, query: Query | None = None, body: Any = None
    ) -> dict[str, Any]:
        """Sends a JSON request; ``None`` values of the query are left out.

        Raises:
            GoogleError: when the cloud refuses.
        """
        data = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, query=query, body=data, content_type="application/json")

    def send(
        self, method: str, path: str, *, query: Query | None, body: bytes, content_type: str
    ) -> dict[str, Any]:
        """Sends a request with any body; the answer must be JSON.

        Raises:
            GoogleError: when the cloud refuses.
        """
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = quote(path, safe="/:@%~+*'(),;=-._") + (f"?{urlencode(given)}" if given else "")
        answer = client(self.endpoint_url).request(
            method, target, headers=[("Content-Type", content_type)], body=body
        )
        value = _json(answer)
        if answer.status >= 400:
            raise _error(answer, value)
        return value

    def wait(self, operation: Mapping[str, Any], base: str = "/v1") -> dict[str, Any]:
        """Waits for a long-running operation; returns its response.

        Raises:
            GoogleError: when it failed.
        """
        found: dict[str, Any] = dict(operation)
        pause = 0.02
        while not found.get("done"):
            self.context.wait(pause)
            pause = min(pause * 2, _LONGEST_POLL)
            found = self.call("GET", f"{base}/{found['name']}")
        error = found.get("error")
        if error:
            raise GoogleError(400, str(error.get("code", "")), str(error.get("message", "")))
        return dict(found.get("response") or {})


def _json(answer: Answer) -> dict[str, Any]:
    try:
        value = json.loads(answer.body) if answer.body.strip() else {}
    except ValueError:
        value = {}
    return value if isinstance(value, dict) else {}


def _error(answer: Answer, value: Mapping[str, Any]) -> GoogleError:
    error = value.get("error")
    if not isinstance(error, Mapping):
        text = answer.body[:200].decode("utf-8", "replace")
        return GoogleError(answer.status, "unknown", text)
    reasons = error.get("errors") or [{}]
    code = error.get("status") or reasons[0].get("reason") or "unknown"
    return GoogleError(answer.status, str(code), str(error.get("message", "")))


@functools.cache
def client(endpoint_url: str) -> Client:
    """The pooled connections to one sandbox."""
    parts = urlsplit(endpoint_url)
    return Client(parts.hostname or "127.0.0.1", parts.port or 80)


def explained(title: str, error: Exception) -> ResourceFailedError:
    """The error as the user should see it: what was tried and what the cloud said."""
    return ResourceFailedError(f"{title}: {error}")
