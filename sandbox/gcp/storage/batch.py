"""The batch endpoint: up to 100 requests without bodies of objects in one multipart request."""

import re
import secrets
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError
from sandbox.gcp.storage.refusals import invalid
from sandbox.router import Request, Response
from sandbox.wire import Body, MalformedBodyError

MOST_PARTS = 100


def _parse(text: bytes) -> tuple[str, Request]:
    """Content id and request of one part."""
    outer, _, inner = text.replace(b"\r\n", b"\n").lstrip(b"\n").partition(b"\n\n")
    identifier = ""
    for line in outer.decode("latin-1").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-id":
            identifier = value.strip().strip("<>")
    head, _, body = inner.lstrip(b"\n").partition(b"\n\n")
    lines = head.decode("latin-1").splitlines()
    try:
        method, target = lines[0].split()[:2]
    except (IndexError, ValueError) as error:
        raise invalid("A part of the batch is not an HTTP request.") from error
    headers = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    url = urlsplit(target)
    request = Request(
        method=method,
        path=url.path,
        queries=parse_qs(url.query, keep_blank_values=True),
        headers=headers,
        body=Body(body.strip()),
    )
    return identifier, request


def install(context: Context) -> None:
    """Answer ``POST /batch/storage/v1``."""

    def answer(request: Request) -> Response:
        try:
            handler = context.router.find(request)
            if handler is None:
                raise ApiError("UNIMPLEMENTED", f"{request.method} {request.path} in a batch")
            value = handler(request)
            return value if isinstance(value, Response) else Response.of_json(value or {})
        except ApiError as error:
            error.reason = error.reason or "invalid"
            return Response.of_error(error)
        except MalformedBodyError as error:
            refused = ApiError("INVALID_ARGUMENT", f"Parse Error: {error}", reason="parseError")
            return Response.of_error(refused)

    context.route("POST", "/batch/storage/v1", lambda request: _batch(request, answer))
    context.route("POST", "/batch", lambda request: _batch(request, answer))


def _batch(request: Request, answer: Callable[[Request], Response]) -> Response:
    match = re.search(r'boundary="?([^";,]+)"?', request.headers.get("content-type", ""))
    if match is None:
        raise invalid("A batch request needs a boundary.")
    mark = b"--" + match[1].encode()
    texts = [part for part in request.body.read().split(mark)[1:] if part.strip() != b"--"]
    texts = [text for text in texts if text.strip()]
    if len(texts) > MOST_PARTS:
        raise invalid(f"A batch has at most {MOST_PARTS} requests.")
    boundary = f"batch_{secrets.token_hex(12)}"
    parts = []
    for text in texts:
        identifier, part = _parse(text)
        response = answer(part)
        lines = [
            f"--{boundary}",
            "Content-Type: application/http",
            f"Content-ID: <response-{identifier}>",
            "",
            f"HTTP/1.1 {response.status} {'OK' if response.status < 300 else 'Error'}",
            f"Content-Length: {len(response.body)}",
            *(f"{name}: {value}" for name, value in response.headers.items()),
            "",
            response.body.decode("utf-8", "replace"),
        ]
        parts.append("\r\n".join(lines))
    body = "\r\n".join([*parts, f"--{boundary}--", ""]).encode()
    return Response(200, body, {"content-type": f'multipart/mixed; boundary="{boundary}"'})
