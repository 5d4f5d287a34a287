"""A prediction from each cloud's endpoint, by that cloud's own client.

Every predictor takes the cloud's part of the stack's outputs and rows in raw units, and
returns `{"label": str, "probabilities": {class: float}}` for each row. A cloud's client is
imported only when that cloud is asked. Raises PredictionFailed with the cloud's words.
"""

import json
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


BY_CLOUD: dict[str, Predictor] = {"aws": _aws}
