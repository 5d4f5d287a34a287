"""Status codes through AWS's own model server.

On the SageMaker scikit-learn image a server of AWS calls the four hooks. It turns any exception of
a hook into a bare 500, whatever the caller did wrong (sagemaker-containers 2.8.6, `error_wrapper`),
but sends on a response object that output_fn returns. There, a refusal therefore travels as a
value from hook to hook, and output_fn answers it. Everywhere else hooks simply raise.
"""

import functools
import logging
import sys
from collections.abc import Callable
from typing import Any

from request_errors import PredictionFailed, RequestError, error_body

_log = logging.getLogger(__name__)


def _under_aws_server() -> bool:
    return "sagemaker_containers" in sys.modules


def carry_refusals(hook: Callable[..., Any]) -> Callable[..., Any]:
    """For input_fn and predict_fn: under AWS's server, return a refusal instead of raising it."""

    @functools.wraps(hook)
    def carrying(subject: Any, *arguments: Any) -> Any:
        if not _under_aws_server():
            return hook(subject, *arguments)
        return subject if isinstance(subject, RequestError) else _attempt(hook, subject, *arguments)

    return carrying


def answer_refusals(hook: Callable[..., Any]) -> Callable[..., Any]:
    """For output_fn: under AWS's server, turn a refusal into a response with its status."""

    @functools.wraps(hook)
    def answering(subject: Any, *arguments: Any) -> Any:
        if not _under_aws_server():
            return hook(subject, *arguments)
        result = carry_refusals(hook)(subject, *arguments)
        if not isinstance(result, RequestError):
            return result
        from flask import Response  # AWS's server is a Flask application

        body = error_body(result.code, str(result))
        return Response(body, status=result.status, mimetype="application/json")

    return answering


def _attempt(hook: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return hook(*arguments)
    except RequestError as refusal:
        return refusal
    except Exception:  # noqa: BLE001 - a hook may raise anything
        _log.exception("%s failed", hook.__name__)
        return PredictionFailed()
