"""A prediction from each cloud's endpoint, by that cloud's own client.

Every predictor takes the cloud's part of the stack's outputs and rows in raw units, and
returns `{"label": str, "probabilities": {class: float}}` for each row. A cloud's client is
imported only when that cloud is asked. Raises PredictionFailed with the cloud's words.
"""

import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Predictor = Callable[[Mapping[str, Any], Sequence[Sequence[float]]], list[dict[str, Any]]]


# What the model's own server answers when it cannot take the rows.
_REFUSALS = (400, 413, 415, 422)


class PredictionFailed(Exception):
    """The endpoint could not be reached, or refused.

    by_model: whether the model's server refused the rows; else the way to it is at fault.
    """

    def __init__(self, words: str, *, by_model: bool = False) -> None:
        super().__init__(words)
        self.by_model = by_model


def _aws(outputs: Mapping[str, Any], rows: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.client("sagemaker-runtime", region_name=outputs["region"])
    try:
        answer = client.invoke_endpoint(
            EndpointName=outputs["endpoint_name"],
            ContentType="application/json",
            Accept="application/json",
            Body=json.dumps([list(row) for row in rows]),
        )
        return list(json.load(answer["Body"])["predictions"])
    except ClientError as error:
        words = _words_of_model(error.response)
        status = error.response.get("OriginalStatusCode")
        raise PredictionFailed(words or str(error), by_model=status in _REFUSALS) from error
    except (BotoCoreError, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


def _words_of_model(response: Mapping[str, Any]) -> str | None:
    """What the model's own server said, without the cloud's words around it."""
    return _message(response.get("OriginalMessage"))


def _message(body: Any) -> str | None:
    """The message of an error's JSON body: the innermost, where a cloud wraps the model's."""
    message = _outer_message(body)
    return message and (_message(message) or message)


def _outer_message(body: Any) -> str | None:
    try:
        return str(json.loads(body)["error"]["message"])
    except (KeyError, TypeError, ValueError):
        return None


def _gcp(outputs: Mapping[str, Any], rows: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    # google-auth alone: importing google-cloud-aiplatform takes 15 s, for the same request.
    import google.auth
    import requests
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import AuthorizedSession

    region = outputs["region"]
    # What the provider `gcp` reads as well; it ends with the API's version.
    custom = os.environ.get("GOOGLE_VERTEX_AI_CUSTOM_ENDPOINT", "").rstrip("/")
    base = custom or f"https://{region}-aiplatform.googleapis.com/v1"
    try:
        credentials, _ = google.auth.default(
            scopes=["https://www.googleapis.com/auth/cloud-platform"]
        )
        session = AuthorizedSession(credentials)  # type: ignore[no-untyped-call]
        host = _dedicated_host(session, f"{base}/{outputs['endpoint_name']}")
        if host and not custom:
            base = f"https://{host}/v1"
        answer = session.post(
            f"{base}/{outputs['endpoint_name']}:predict",
            json={"instances": [list(row) for row in rows]},
            timeout=60,
        )
        if not answer.ok:
            outer, words = _outer_message(answer.text), _message(answer.text)
            raise PredictionFailed(
                words or f"{answer.status_code}: {answer.text[:1000]}",
                # Vertex AI's own refusals have no other message inside.
                by_model=answer.status_code in _REFUSALS and words != outer,
            )
        return list(answer.json()["predictions"])
    except (GoogleAuthError, requests.RequestException, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


def _dedicated_host(session: Any, endpoint_url: str) -> str:
    """The address of its own that an endpoint has, if it has one: the shared one refuses then."""
    answer = session.get(endpoint_url, timeout=60)
    return str(answer.json().get("dedicatedEndpointDns") or "") if answer.ok else ""


def _azure(outputs: Mapping[str, Any], rows: Sequence[Sequence[float]]) -> list[dict[str, Any]]:
    from azure.core.exceptions import AzureError
    from requests import RequestException

    from components.azure.runs.cloud import call, send_anonymously
    from components.azure.runs.errors import ApiError
    from components.azure.runs.probe import secret_of

    try:
        endpoint = call("GET", outputs["endpoint"]["id"])
        answer = send_anonymously(
            "POST",
            endpoint["properties"]["scoringUri"],
            body=[list(row) for row in rows],
            headers={"Authorization": f"Bearer {secret_of(endpoint)}"},
            timeout=60,
        )
        if answer.status_code != 200:
            raise _refusal(answer.status_code, answer.text())
        return list(answer.json()["predictions"])
    except (ApiError, AzureError, RequestException, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


def _azure_container(
    outputs: Mapping[str, Any], rows: Sequence[Sequence[float]]
) -> list[dict[str, Any]]:
    container = outputs["container"]
    body = json.dumps([list(row) for row in rows]).encode()
    headers = {"Authorization": f"Bearer {container['key']}", "Content-Type": "application/json"}
    request = urllib.request.Request(container["scoring_uri"], data=body, headers=headers)
    trusted = None
    try:
        if container.get("certificate"):
            # The server signed it by itself: it is the only one that is trusted here.
            trusted = ssl.create_default_context(cadata=container["certificate"])
            # In a private network it is asked by an address that no certificate can know before.
            trusted.check_hostname = False
        with urllib.request.urlopen(request, timeout=60, context=trusted) as answer:
            return list(json.load(answer)["predictions"])
    except urllib.error.HTTPError as error:
        text = error.read(1000).decode(errors="replace")
        raise _refusal(error.code, text) from error
    except (OSError, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


def _refusal(status: int, text: str) -> PredictionFailed:
    """In the server's own words where it has some: Azure's routes tell them as `message`."""
    try:
        words, told = str(json.loads(text)["message"]), True
    except (KeyError, TypeError, ValueError):
        words, told = text[:1000], False
    return PredictionFailed(f"{status}: {words}", by_model=told and status in _REFUSALS)


BY_CLOUD: dict[str, Predictor] = {"aws": _aws, "azure": _azure, "gcp": _gcp}
# What a cloud serves beside its endpoint.
CONTAINERS: dict[str, Predictor] = {"azure": _azure_container}
# The output without which there is no endpoint to ask, where it is not the endpoint's name.
_NEEDED = {"azure": "endpoint"}


def ways(cloud: str, outputs: Mapping[str, Any]) -> dict[str, Predictor]:
    """How a cloud's part of the stack can be asked: the ways' names and predictors."""
    found = {}
    if cloud in BY_CLOUD and outputs.get(_NEEDED.get(cloud, "endpoint_name")):
        found["endpoint"] = BY_CLOUD[cloud]
    if cloud in CONTAINERS and outputs.get("container"):
        found["container"] = CONTAINERS[cloud]
    return found
