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
    except (BotoCoreError, ClientError, ValueError, KeyError) as error:
        raise PredictionFailed(str(error)) from error


BY_CLOUD: dict[str, Predictor] = {"aws": _aws}
