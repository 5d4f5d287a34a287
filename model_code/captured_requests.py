"""A line of SageMaker's data capture: when a request was made and the rows that it asked for.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-data-capture-endpoint.html
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from request_bodies import Matrix, decode, to_matrix
from request_errors import RequestError


@dataclass(frozen=True)
class CapturedRequest:
    """What could be read of a line; None stands for what could not."""

    moment: datetime | None
    matrix: Matrix | None
    """Raw units, shape (rows, features)."""


def read_line(line: bytes, features: Sequence[str]) -> CapturedRequest:
    """Reads one line; never raises, since one bad record must not end the comparison."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return CapturedRequest(None, None)
    try:
        matrix = _matrix(record["captureData"]["endpointInput"], features)
    except (LookupError, TypeError, ValueError, AttributeError, RequestError):
        matrix = None
    return CapturedRequest(_moment(record), matrix)


def _matrix(captured: Any, features: Sequence[str]) -> Matrix:
    body: str | bytes = captured["data"]
    if captured["encoding"] == "BASE64":
        body = base64.b64decode(body, validate=True)
    return to_matrix(decode(body, captured["observedContentType"]), features)


def _moment(record: Any) -> datetime | None:
    try:
        text = record["eventMetadata"]["inferenceTime"]
        found = datetime.fromisoformat(text)
    except (LookupError, TypeError, ValueError, AttributeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
