"""Resource Manager by plain HTTP, so that status, headers and bodies are seen as they are."""

import ssl
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

import httpx

from sandbox.azure.environment import SUBSCRIPTION

VERSION = "2024-01-01"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"


class Manager:
    """A client with a token of the sandbox's identity."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = dict(environment)
        self._client = httpx.Client(
            base_url=f"https://{environment['ARM_METADATA_HOSTNAME']}",
            verify=trust(environment),
            timeout=60,
        )
        self._token = self.token("https://management.azure.com")

    def __enter__(self) -> "Manager":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._client.close()

    def token(self, audience: str, **which: str) -> str:
        """A token from the identity endpoint."""
        answer = httpx.get(
            self.environment["IDENTITY_ENDPOINT"],
            params={"resource": audience, "api-version": "2019-08-01", **which},
            headers={"X-IDENTITY-HEADER": self.environment["IDENTITY_HEADER"]},
        )
        answer.raise_for_status()
        return str(answer.json()["access_token"])

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = VERSION,
        token: str | None = None,
        **query: str,
    ) -> httpx.Response:
        """One request; nothing is followed and nothing is raised."""
        given = self._token if token is None else token
        return self._client.request(
            method,
            path,
            json=body,
            params={**({"api-version": version} if version else {}), **query},
            headers={"Authorization": f"Bearer {given}"} if given else {},
        )

    def done(self, answer: httpx.Response) -> dict[str, Any]:
        """How the operation of an answer ended."""
        assert answer.status_code in (200, 201, 202), answer.text
        deadline = time.monotonic() + 120
        while True:
            found = self.send("GET", answer.headers["azure-asyncoperation"], version=None).json()
            if found["status"] != "InProgress":
                return dict(found)
            assert time.monotonic() < deadline, found
            time.sleep(0.05)

    def put(self, path: str, **body: Any) -> dict[str, Any]:
        """A resource, written and there."""
        answer = self.send("PUT", path, body)
        assert answer.status_code in (200, 201), answer.text
        if "azure-asyncoperation" in answer.headers:
            ended = self.done(answer)
            assert ended["status"] == "Succeeded", ended
        return dict(self.send("GET", path).json())

    def group(self, name: str) -> str:
        """The path of what is in a new group."""
        self.put(f"{SCOPE}/resourceGroups/{name}", location="westeurope")
        return f"{SCOPE}/resourceGroups/{name}/providers"


def trust(environment: Mapping[str, str]) -> ssl.SSLContext:
    """What trusts the sandbox's certificates."""
    return ssl.create_default_context(cafile=environment["REQUESTS_CA_BUNDLE"])


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal."""
    return answer.status_code, str(answer.json()["error"]["code"])
