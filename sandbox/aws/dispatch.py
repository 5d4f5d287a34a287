"""The one place where moto's request handling is changed.

moto finds an operation by looking for a method on its response class. Here a table of the
sandbox's own operations is asked first; everything else goes on to moto. An operation neither
has is refused by name, with a status that SDKs do not retry.
"""

import functools
import logging
from typing import Any

import moto.core.responses as moto_responses
from moto.core.common_models import BaseModel
from moto.core.model import ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import determine_request_protocol
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import get_service_model

from sandbox.aws.context import Call, Context, Refusal

log = logging.getLogger(__name__)


class ExtensionResponse(BaseResponse):
    """Requests of a service moto does not know; its operations all come from the table."""


def parse(response: BaseResponse, service_model: ServiceModel, action: str) -> dict[str, Any]:
    """The request's input as plain dictionaries named as in the API."""
    request = response.normalized_request
    protocol = determine_request_protocol(service_model, request.content_type)
    parser = PROTOCOL_PARSERS[protocol](service_model.operation_model(action), map_type=dict)
    parsed = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": response.uri_match,
        }
    )
    return dict(parsed or {})


def _run(context: Context, response: BaseResponse, original: Any) -> Any:
    action = response._get_action()  # noqa: SLF001 - moto has no public name for it
    service = response.boto3_service_name
    operation = context.operations.get((service, action))
    if operation is None:
        return _original(response, original, service, action)
    call = Call(
        service=service,
        operation=action,
        params=parse(response, get_service_model(service), action),
        region=response.region,
        account=response.current_account,
        response=response,
        original=lambda: original(response),
    )
    try:
        result = operation(call)
    except moto_responses.ServiceException as error:
        result = ActionResult(error)
        status, headers, body = response.serialized(result)
        headers["status"] = str(status)
        return status, headers, body
    if isinstance(result, tuple):
        return result
    if not isinstance(result, ActionResult):
        result = EmptyResult() if result is None else ActionResult(result)
    status, headers, body = response.serialized(result)
    headers, body = response._enrich_response(headers, body)  # noqa: SLF001
    return status, headers, body


def _original(response: BaseResponse, original: Any, service: str, action: str) -> Any:
    try:
        return original(response)
    except NotImplementedError:
        log.warning("%s:%s is not supported by the sandbox", service, action)
        error = Refusal("NotImplemented", f"The sandbox does not support {service}:{action}.")
        _, headers, body = response.serialized(ActionResult(error))
        headers["status"] = "501"
        return 501, headers, body


def _untracked(cls: type, *_: Any, **__: Any) -> Any:
    return object.__new__(cls)


def install(context: Context) -> None:
    """Make moto ask ``context.operations`` first."""
    original = BaseResponse.call_action

    def call_action(response: BaseResponse) -> Any:
        return _run(context, response, original)

    BaseResponse.call_action = call_action  # type: ignore[assignment,method-assign]
    # moto keeps every instance it ever made for inspection; a daemon must let go of them.
    BaseModel.__new__ = _untracked  # type: ignore[method-assign]
    # moto inspects the whole class on every request; the answer never changes.
    moto_responses.method_names_from_class = functools.cache(moto_responses.method_names_from_class)
