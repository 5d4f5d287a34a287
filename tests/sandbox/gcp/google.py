"""Google's clients as tests use them, and plain REST for what they have no client for."""

import os
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.sandbox.running import RunningSandbox

PROJECT = "trimaran-local"
NUMBER = "123456789012"
LOCATION = "us-central1"
PARENT = f"projects/{PROJECT}/locations/{LOCATION}"


@dataclass
class Google:
    """The GCP side of a running sandbox; the environment points Google's clients at it."""

    sandbox: RunningSandbox
    rest: httpx.Client = field(init=False)
    _clients: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rest = httpx.Client(base_url=self.url, timeout=60)

    @property
    def url(self) -> str:
        return self.sandbox.environment["GOOGLE_CLOUD_ENDPOINT_URL"]

    def storage(self) -> Any:
        """A google-cloud-storage client, unmodified."""
        from google.cloud import storage

        assert os.environ["STORAGE_EMULATOR_HOST"] == self.url
        client = storage.Client(project=PROJECT)
        self._clients.append(client)
        return client

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """One REST call; its answer, which must have ``status``."""
        answer = self.rest.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def done(self, operation: Any) -> Any:
        """The response of a long-running operation that must succeed."""
        name = operation["name"]
        if not operation["done"]:
            operation = self.call("POST", f"/v1/{name}:wait")
        assert operation["done"], operation
        assert "error" not in operation, operation
        return operation["response"]

    def log(self, job: str) -> list[str]:
        """Lines of a job, as Cloud Logging answers them."""
        wanted = f'resource.type="ml_job"\nresource.labels.job_id="{job}"'
        body = {"resourceNames": [f"projects/{PROJECT}"], "filter": wanted, "pageSize": 500}
        return [
            entry["textPayload"] for entry in self.call("POST", "/v2/entries:list", body)["entries"]
        ]

    def close(self) -> None:
        self.rest.close()
        for client in self._clients:
            client.close()
