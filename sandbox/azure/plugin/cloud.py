"""What a handler talks to: the sandbox's Resource Manager, as the identity of its environment."""

import functools
import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from plugin.handler import ResourceFailedError
from plugin.provider import Context
from sandbox.azure.environment import SUBSCRIPTION, TENANT
from sandbox.http_client import Answer, Client

_AUDIENCE: Final = "https://management.azure.com"
_LONGEST_POLL: Final = 1.0
_LONGEST_REQUEST: Final = 120.0
# A token is renewed this long before its end.
_MARGIN: Final = 300.0


class AzureError(Exception):
    """A refusal: HTTP status, Azure's code and its text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"Status={status} Code={code!r} Message={message!r}")
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Configuration:
    """What the program configured of this provider."""

    subscription: str = SUBSCRIPTION
    tenant: str = TENANT
    location: str = ""


class Endpoint:
    """Where Resource Manager is, and tokens for it; shared by all handlers."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` is what ``python -m sandbox env`` prints of Azure."""
        self.url = f"https://{environment['ARM_METADATA_HOSTNAME']}"
        self._environment = dict(environment)
        self._token, self._expires = "", 0.0
        self._lock = threading.Lock()

    @property
    def client(self) -> Client:
        """The pooled connections."""
        return _client(self.url, self._environment["REQUESTS_CA_BUNDLE"])

    def token(self) -> str:
        """A token for Resource Manager.

        Raises:
            OSError: the identity endpoint does not answer.
        """
        with self._lock:
            if time.time() > self._expires - _MARGIN:
                query = urlencode({"resource": _AUDIENCE, "api-version": "2019-08-01"})
                request = urllib.request.Request(
                    f"{self._environment['IDENTITY_ENDPOINT']}?{query}",
                    headers={"X-IDENTITY-HEADER": self._environment["IDENTITY_HEADER"]},
                )
                with urllib.request.urlopen(request, timeout=30) as answer:
                    found = json.load(answer)
                self._token = str(found["access_token"])
                self._expires = float(found["expires_on"])
            return self._token


@dataclass(frozen=True)
class Cloud:
    """Resource Manager for the length of one operation."""

    endpoint: Endpoint
    context: Context
    configuration: Configuration = field(default_factory=Configuration)

    def get(self, path: str, version: str) -> dict[str, Any]:
        """A resource.

        Raises:
            AzureError: when the cloud refuses.
        """
        return self._json(self._send("GET", path, {"api-version": version}))

    def put(self, path: str, version: str, body: Any, **query: str) -> dict[str, Any]:
        """Writes a resource and waits until it is there.

        Raises:
            AzureError: when the cloud refuses, or when it fails later.
        """
        return self._finished(self._send("PUT", path, {"api-version": version, **query}, body))

    def post(self, path: str, version: str, body: Any) -> dict[str, Any]:
        """Calls an action and waits for what it gives.

        Raises:
            AzureError: when the cloud refuses, or when it fails later.
        """
        return self._finished(self._send("POST", path, {"api-version": version}, body))

    def delete(self, path: str, version: str, **query: str) -> None:
        """Deletes a resource and waits until it is gone.

        Raises:
            AzureError: when the cloud refuses, or when it fails later.
        """
        self._finished(self._send("DELETE", path, {"api-version": version, **query}))

    def _send(self, method: str, path: str, query: Mapping[str, str], body: Any = None) -> Answer:
        target = quote(path, safe="/:@%~+*'(),;=-._")
        if query:
            target = f"{target}?{urlencode(query)}"
        data = b"" if body is None else json.dumps(body).encode()
        headers = [
            ("Authorization", f"Bearer {self.endpoint.token()}"),
            ("Content-Type", "application/json"),
        ]
        answer = self.endpoint.client.request(
            method, target, headers=headers, body=data, timeout=_LONGEST_REQUEST
        )
        if answer.status >= 400:
            raise _error(answer)
        return answer

    def _finished(self, answer: Answer) -> dict[str, Any]:
        status, location = (
            answer.headers.get("azure-asyncoperation"),
            answer.headers.get("location"),
        )
        pause = 0.02
        if status:
            while True:
                found = self._json(self._follow(status))
                if found.get("status") in ("Failed", "Canceled"):
                    error = found.get("error") or {}
                    code, text = str(error.get("code", "")), str(error.get("message", ""))
                    raise AzureError(200, code, text)
                if found.get("status") == "Succeeded":
                    return self._json(answer)
                self.context.wait(pause)
                pause = min(pause * 2, _LONGEST_POLL)
        while answer.status == 202 and location:
            self.context.wait(pause)
            pause = min(pause * 2, _LONGEST_POLL)
            answer = self._follow(location)
            location = answer.headers.get("location", location)
        return self._json(answer)

    def _follow(self, url: str) -> Answer:
        parts = urlsplit(url)
        query = dict(item.partition("=")[::2] for item in parts.query.split("&") if item)
        return self._send("GET", parts.path, query)

    def _json(self, answer: Answer) -> dict[str, Any]:
        try:
            value = json.loads(answer.body) if answer.body.strip() else {}
        except ValueError:
            value = {}
        return value if isinstance(value, dict) else {}


@functools.cache
def _client(url: str, bundle: str) -> Client:
    """The pooled connections to one sandbox."""
    parts = urlsplit(url)
    tls = ssl.create_default_context(cafile=bundle)
    return Client(parts.hostname or "127.0.0.1", parts.port or 443, tls=tls)


def _error(answer: Answer) -> AzureError:
    try:
        error = json.loads(answer.body).get("error") or {}
    except (ValueError, AttributeError):
        error = {}
    text = str(error.get("message") or answer.body[:200].decode("utf-8", "replace"))
    return AzureError(answer.status, str(error.get("code") or "unknown"), text)


def explained(title: str, error: Exception) -> ResourceFailedError:
    """The error as the user should see it: what was tried and what the cloud said."""
    return ResourceFailedError(f"{title}: {error}")
