"""The routes of Azure ML's inference server: health, /score, /swagger.json.

As there, except where that server falls short: connections stay open, a body over the limit is
413, and a body that is not what its type says is 400.
https://learn.microsoft.com/azure/machine-learning/how-to-inference-server-http
"""

import asyncio
import json
import logging
import os
import uuid
from collections.abc import Awaitable, Callable, Mapping

from azure_answers import run_headers, with_message
from serve_hooks import Answer, Refusal
from serve_service import RUN_SECONDS, Service
from serve_settings import on_azure
from serve_swagger import VERSIONS, description
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]

_JSON = "application/json"
_LONGEST_ID = 100
_IDS = ("x-request-id", "x-ms-client-request-id", "x-ms-request-id")
_log = logging.getLogger("serve")


def azure_routes(service: Service, environ: Mapping[str, str]) -> list[Route]:
    """The routes; none outside of a container of Azure ML."""
    if not on_azure(environ):
        return []
    limit = service.settings.scoring_milliseconds
    seconds = limit / 1000

    async def healthy(request: Request) -> Response:
        return _with_ids(request, PlainTextResponse("Healthy"))

    async def score(request: Request) -> Response:
        if request.method == "OPTIONS":
            return azure_respond(request, Answer(200, b"", _JSON))
        given = _query(request) if request.method == "GET" else None
        try:
            answering = service.answer(request, given)
            # Only where a limit is set: waiting with one makes a task of every request.
            answer = await (asyncio.wait_for(answering, seconds) if seconds else answering)
        except asyncio.TimeoutError:  # noqa: UP041 - cloud images still have 3.10
            answer = Refusal(500, "timeout", f"Scoring timeout after {limit} ms").answer()
        headers = run_headers(answer)
        if RUN_SECONDS in request.scope:
            headers["x-ms-run-fn-exec-ms"] = f"{request.scope[RUN_SECONDS] * 1000:.3f}"
        return azure_respond(request, answer, headers)

    async def swagger(request: Request) -> Response:
        version = request.query_params.get("version", "2")
        if version not in VERSIONS:
            known = ", ".join(VERSIONS)
            message = (
                f"Swagger version [{version[:20]}] is not valid. Supported versions: [{known}]."
            )
            return azure_respond(request, Refusal(404, "not_found", message).answer())
        body = json.dumps(description(version, *service.schemas, environ=environ)).encode()
        return azure_respond(request, Answer(200, body, _JSON))

    return [
        Route("/", _checked(healthy), methods=["GET"]),
        Route("/score", _checked(score), methods=["GET", "POST", "OPTIONS"]),
        Route("/swagger.json", _checked(swagger), methods=["GET"]),
    ]


def _checked(endpoint: Endpoint) -> Endpoint:
    """The endpoint behind the check of the caller's ids: one that is too long is 431."""

    async def checked(request: Request) -> Response:
        for name in _IDS:
            if len(request.headers.get(name, "")) > _LONGEST_ID:
                message = f"{name} must not exceed {_LONGEST_ID} characters"
                return azure_respond(request, Refusal(431, "header_too_long", message).answer())
        return await endpoint(request)

    return checked


def azure_respond(
    request: Request, answer: Answer, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer in this form, with the caller's ids; failures are logged under them."""
    answer = with_message(answer)
    response = Response(answer.body, status_code=answer.status, media_type=answer.content_type)
    # Starlette would add a charset to types of text.
    response.headers["content-type"] = answer.content_type
    response.headers.update(headers or {})
    if answer.status in (408, 413, 503):
        response.headers["connection"] = "close"
    if answer.status == 503:
        response.headers["retry-after"] = "1"
    _with_ids(request, response)
    if answer.status >= 400 and answer.status != 503:
        path, identifier = request.scope["path"], response.headers.get("x-request-id", "")
        _log.warning("%s %s -> %d (%s)", request.method, path, answer.status, identifier)
    return response


def _with_ids(request: Request, response: Response) -> Response:
    sent = {name: request.headers.get(name, "") for name in _IDS}
    ids = {
        "x-request-id": sent["x-request-id"] or str(uuid.uuid4()),
        # What older clients read and send in place of x-ms-client-request-id.
        "x-ms-client-request-id": sent["x-ms-client-request-id"] or sent["x-ms-request-id"],
    }
    ids["x-ms-request-id"] = (
        sent["x-ms-request-id"] or ids["x-ms-client-request-id"] or ids["x-request-id"]
    )
    for name, value in ids.items():
        if 0 < len(value) <= _LONGEST_ID:
            response.headers[name] = value
    if "traceid" in request.headers:
        response.headers["traceid"] = request.headers["traceid"]
    version = os.environ.get("HTTP_X_MS_SERVER_VERSION")
    if version:
        response.headers["x-ms-server-version"] = version
    return response


def _query(request: Request) -> bytes:
    """Query parameters as the JSON object that a GET stands for; repeated ones become a list."""
    found: dict[str, object] = {}
    for name in request.query_params:
        values = [_value(text) for text in request.query_params.getlist(name)]
        found[name] = values[0] if len(values) == 1 else values
    return json.dumps(found).encode()


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def cors(environ: Mapping[str, str]) -> list[Middleware]:
    """What lets web pages of the origins in AML_CORS_ORIGINS ask; nothing without them."""
    given = environ.get("AML_CORS_ORIGINS", "")
    origins = [origin.strip() for origin in given.split(",") if origin.strip()]
    if not origins or not on_azure(environ):
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type"],
        )
    ]
