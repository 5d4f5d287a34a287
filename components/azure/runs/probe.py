"""One request to an online endpoint, to see that a deployment answers."""

import json
from collections.abc import Mapping
from typing import Any, Final

from components.azure.runs.cloud import call, credential, send_anonymously
from components.runs.polling import Polling

DEPLOYMENT_HEADER: Final = "azureml-model-deployment"
_ML_SCOPE: Final = "https://ml.azure.com/.default"
_TIMEOUT: Final = 60.0
# A deployment that is ready may not be known at every front end yet, nor may the traffic's split.
_PATIENCE_SECONDS: Final = 120.0
_PASSING: Final = frozenset({404, 408, 424, 429, 500, 502, 503, 504})
# What the deployment's own server answered, where it was it that refused: asking again helps no one
# whose code fails.
_MODEL_STATUS_HEADER: Final = "ms-azureml-model-error-statuscode"
_TEXT_LIMIT: Final = 500


class Unanswered(Exception):
    """The deployment did not answer as it should; the text says how."""


def ask(
    polling: Polling,
    endpoint: Mapping[str, Any],
    body: str,
    *,
    deployment: str | None,
    expected: str,
) -> None:
    """Returns once the endpoint answered ``body`` with success, from ``expected``.

    ``deployment`` asks this one whatever the traffic's split is; none: whoever has the traffic.

    Raises:
        ApiError: when the endpoint's key cannot be had.
        OperationInterruptedError: when the user interrupted the update.
        Unanswered: when it did not for two minutes, or refused the request.
    """
    from azure.core.exceptions import AzureError

    headers = {"Authorization": f"Bearer {secret_of(endpoint)}"}
    if deployment:
        headers[DEPLOYMENT_HEADER] = deployment
    url = str(endpoint["properties"].get("scoringUri") or "")
    start = polling.elapsed
    while True:
        try:
            response = send_anonymously(
                "POST", url, body=json.loads(body), headers=headers, timeout=_TIMEOUT
            )
        except AzureError as error:
            refusal, passing = f"{url} cannot be reached: {error}", True
        else:
            refusal, passing = _judged(response, expected)
        if not refusal:
            return
        if not passing or polling.elapsed - start > _PATIENCE_SECONDS:
            raise Unanswered(f"{expected} does not answer the probe: {refusal}")
        polling.pause("trying it out", refusal.splitlines()[0][:120])


def secret_of(endpoint: Mapping[str, Any]) -> str:
    """The key or token that the endpoint asks for.

    Raises:
        ApiError: when the identity that runs Pulumi may not have it.
    """
    mode = str(endpoint["properties"].get("authMode", "Key"))
    if mode == "Key":
        return str(call("POST", f"{endpoint['id']}/listKeys")["primaryKey"])
    if mode == "AMLToken":
        return str(call("POST", f"{endpoint['id']}/token")["accessToken"])
    return str(credential().get_token(_ML_SCOPE).token)


def _judged(response: Any, expected: str) -> tuple[str, bool]:
    """What is wrong with the answer (nothing: ``""``), and whether it may pass."""
    status = int(response.status_code)
    if status != 200:
        text = response.text()[:_TEXT_LIMIT].strip()
        failed = response.headers.get(_MODEL_STATUS_HEADER) == "500"
        return f"it answers {status}: {text}", status in _PASSING and not failed
    answered = response.headers.get(DEPLOYMENT_HEADER)
    if answered and answered != expected:
        return f"{answered} answered instead", True
    return "", False
