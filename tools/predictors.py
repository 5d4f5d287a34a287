"""A prediction from each cloud's endpoint, by that cloud's own client.

Every predictor takes the cloud's part of the stack's outputs and rows in raw units, and
returns `{"label": str, "probabilities": {class: float}}` for each row. A cloud's client is
imported only when that cloud is asked. Raises PredictionFailed with the cloud's words.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

Predictor = Callable[[Mapping[str, Any], Sequence[Sequence[float]]], list[dict[str, Any]]]


class PredictionFailed(Exception):
    """The endpoint could not be reached, or refused."""


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
        raise PredictionFailed(_words_of_model(error.response) or str(error)) from error
    except (BotoCoreError, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


def _words_of_model(response: Mapping[str, Any]) -> str | None:
    """What the model's own server said, without the cloud's words around it."""
    try:
        return str(json.loads(response["OriginalMessage"])["error"]["message"])
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
            raise PredictionFailed(f"{answer.status_code}: {answer.text[:1000]}")
        return list(answer.json()["predictions"])
    except (GoogleAuthError, requests.RequestException, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


def _dedicated_host(session: Any, endpoint_url: str) -> str:
    """The address of its own that an endpoint has, if it has one: the shared one refuses then."""
    answer = session.get(endpoint_url, timeout=60)
    return str(answer.json().get("dedicatedEndpointDns") or "") if answer.ok else ""


BY_CLOUD: dict[str, Predictor] = {"aws": _aws, "gcp": _gcp}
