"""Azure's APIs as the handlers use them: authorised REST, and errors in words for the user.

REST on azure-core's pipeline, not azure-ai-ml: the requests are the same, but importing that
library takes seconds of every `pulumi up`.

Credentials come from the environment of ``pulumi``: the ``ARM_…`` variables of the provider
``azure-native`` where they hold a client secret, else azure-identity's own chain (workload
identity, managed identity, ``az login``, …). None of them enters the state. Where
ARM_METADATA_HOSTNAME names a cloud, as it does for that provider, its endpoints are asked for
there: provider and handlers always talk to the same cloud.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from components.azure.runs.errors import ApiError, error_of

# What pulumi-azure-native 3.29 uses for Microsoft.MachineLearningServices.
ML_API_VERSION: Final = "2025-12-01"
_METADATA_API_VERSION: Final = "2022-09-01"
_RETRIES: Final = 6
_LONGEST_BACKOFF: Final = 30
_TIMEOUT: Final = (10, 60)


@dataclass(frozen=True, kw_only=True)
class CloudEndpoints:
    """Where a cloud's management API is, and what tokens for it are called."""

    resource_manager: str
    """Without a slash at the end."""
    audience: str
    login: str


# https://management.azure.com/metadata/endpoints tells the same of the public cloud.
PUBLIC_CLOUD: Final = CloudEndpoints(
    resource_manager="https://management.azure.com",
    audience="https://management.azure.com",
    login="https://login.microsoftonline.com",
)

_lock = threading.RLock()
_endpoints: list[CloudEndpoints] = []
_credentials: list[Any] = []
_clients: dict[str, Any] = {}


def endpoints() -> CloudEndpoints:
    """The cloud's endpoints: the public cloud's unless ARM_METADATA_HOSTNAME names another.

    Raises:
        requests.RequestException: when that host does not tell them.
    """
    host = os.environ.get("ARM_METADATA_HOSTNAME")
    if not host:
        return PUBLIC_CLOUD
    with _lock:
        if not _endpoints:
            _endpoints.append(_ask_endpoints(host))
        return _endpoints[0]


def credential() -> Any:
    """The process's credential, shared so that tokens are fetched once."""
    with _lock:
        if not _credentials:
            from azure.identity import ClientSecretCredential, DefaultAzureCredential

            authority = endpoints().login
            names = ("ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET")
            tenant, client_id, secret = (os.environ.get(name) for name in names)
            if tenant and client_id and secret:
                found: Any = ClientSecretCredential(tenant, client_id, secret, authority=authority)
            else:
                found = DefaultAzureCredential(authority=authority)
            _credentials.append(found)
        return _credentials[0]


def call(
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """One request; returns the JSON object of the answer, ``{}`` for an empty one.

    ``path`` is a resource's id (with an operation's name behind it), asked in the machine learning
    service's API version unless ``query`` says another one, or a whole URL, asked as it is.

    Raises:
        ApiError: when the API refuses.
    """
    return content_of(send(method, path, body=body, query=query))


def send(
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> Any:
    """As :func:`call`, but returns the response with its headers.

    Throttled requests and passing faults are repeated by azure-core's rules: after the pause that
    ``Retry-After`` names, otherwise after a growing one.

    Raises:
        ApiError: when the API refuses.
    """
    from azure.core.rest import HttpRequest

    where = endpoints()
    url, parameters = path, dict(query or {})
    if path.startswith("/"):
        url = f"{where.resource_manager}{path}"
        parameters.setdefault("api-version", ML_API_VERSION)
    request = HttpRequest(method, url, params=parameters, json=body)
    response = _client(f"{where.audience}/.default").send_request(request)
    if response.status_code >= 400:
        raise error_of(response)
    return response


def send_anonymously(
    method: str, url: str, *, body: Any, headers: Mapping[str, str], timeout: float
) -> Any:
    """One request to an address outside of Azure's APIs, once; returns any response.

    Raises:
        azure.core.exceptions.AzureError: when there is no response.
    """
    from azure.core.rest import HttpRequest

    request = HttpRequest(method, url, json=body, headers=dict(headers))
    return _client("").send_request(
        request, retry_total=0, connection_timeout=timeout, read_timeout=timeout
    )


def content_of(response: Any) -> dict[str, Any]:
    """The JSON object of a response; ``{}`` when it has none."""
    try:
        content = response.json() if response.content else {}
    except ValueError:
        content = {}
    return content if isinstance(content, dict) else {}


def find(path: str) -> dict[str, Any] | None:
    """The resource as the API describes it, or ``None`` when there is none.

    Raises:
        ApiError: when the API does not tell.
    """
    try:
        return call("GET", path)
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def forget_clients() -> None:
    """Drops credentials, clients and endpoints, for a changed environment (tests)."""
    with _lock:
        for client in _clients.values():
            client.close()
        for kept in (_clients, _credentials, _endpoints):
            kept.clear()


def _client(scope: str) -> Any:
    """The pipeline with tokens for ``scope``; without one it sends none."""
    with _lock:
        if scope not in _clients:
            from azure.core import PipelineClient
            from azure.core.pipeline.policies import (
                BearerTokenCredentialPolicy,
                RequestIdPolicy,
                RetryPolicy,
                UserAgentPolicy,
            )

            policies: list[Any] = [
                RequestIdPolicy(),
                UserAgentPolicy(base_user_agent="trimaran"),
                RetryPolicy(retry_total=_RETRIES, retry_backoff_max=_LONGEST_BACKOFF),
            ]
            if scope:
                policies.append(BearerTokenCredentialPolicy(credential(), scope))
            connect, read = _TIMEOUT
            _clients[scope] = PipelineClient(
                "", policies=policies, connection_timeout=connect, read_timeout=read
            )
        return _clients[scope]


def _ask_endpoints(host: str) -> CloudEndpoints:
    import requests

    answer = requests.get(
        f"https://{host}/metadata/endpoints",
        params={"api-version": _METADATA_API_VERSION},
        timeout=_TIMEOUT,
    )
    answer.raise_for_status()
    found = answer.json()
    # Older versions of this API answer with a list of clouds, their own first.
    cloud: Mapping[str, Any] = found[0] if isinstance(found, list) else found
    sign_in = cloud["authentication"]
    return CloudEndpoints(
        resource_manager=str(cloud["resourceManager"]).rstrip("/"),
        audience=str(sign_in["audiences"][0]).rstrip("/"),
        login=str(sign_in["loginEndpoint"]).rstrip("/"),
    )
