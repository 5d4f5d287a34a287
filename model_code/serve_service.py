"""What the server does, whatever the routes are called: load, predict, drain."""

import asyncio
import logging
import os
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from serve_hooks import Answer, Predictor, Refusal, load_hooks
from serve_settings import ServeSettings
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from user_errors import DataError

_log = logging.getLogger("serve")

# In the scope of a request that was answered: how long its prediction took.
RUN_SECONDS = "serve.run_seconds"
_JSON = "application/json"
_LONGEST_REQUEST_ID = 100
# Read on past the limit that many times over, so that a client that sends its whole body before it
# reads sees the 413 and not a broken connection.
_DISCARDED_PAYLOADS = 4
# Hooks that have been quicker than this run on the event loop where they allow it. It is far below
# the 2 s that a health check of SageMaker waits.
_INLINE_SECONDS = 0.002
_ECHOED = ("x-amzn-sagemaker-inference-id", "x-amzn-sagemaker-custom-attributes")


class Service:
    """One model being served. Its state: loading, ready, draining or failed."""

    def __init__(self, settings: ServeSettings) -> None:
        self.settings = settings
        self.in_flight = 0
        self.failure: DataError | None = None
        self._drained_by: float | None = None
        self._predictor: Predictor | None = None
        # How long small bodies take, a moving average. At first unknown, so assumed to be long.
        self._seconds = 2 * _INLINE_SECONDS
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="predict")

    async def load(self) -> None:
        """Import the hooks and load the model beside the event loop; sets `failure` on failure."""
        started = time.monotonic()
        try:
            loop = asyncio.get_running_loop()
            self._predictor = await loop.run_in_executor(self._threads, self._load)
        except DataError as error:
            self.failure = error
        else:
            _log.info("model loaded in %.2f s", time.monotonic() - started)

    def _load(self) -> Predictor:
        hooks = load_hooks(self.settings.program)
        try:
            model = hooks.model_fn(str(self.settings.model_dir))
        except Exception as error:
            if not isinstance(error, DataError):
                _log.exception("model_fn failed")
            raise DataError(f"the model is not served: {error or type(error).__name__}") from error
        return Predictor(hooks, model)

    def drain(self) -> None:
        """Take no new requests; those under way have the configured time to finish."""
        if self._drained_by is None:
            self._drained_by = time.monotonic() + self.settings.drain_seconds

    @property
    def finished(self) -> bool:
        """Whether the process can end: it failed, or draining is over."""
        if self.failure is not None:
            return True
        if self._drained_by is None:
            return False
        return self.in_flight == 0 or time.monotonic() > self._drained_by

    def unready(self) -> Refusal | None:
        """Why no prediction can be made now; None when it can."""
        if self._drained_by is not None:
            return Refusal(503, "draining", "the server is shutting down: use another")
        if self._predictor is None:
            return Refusal(503, "loading", "the model is being loaded: try again shortly")
        return None

    async def ping(self, request: Request) -> Response:
        """200 with an empty body when predictions can be made, else 503."""
        refusal = self.unready()
        return respond(request, refusal.answer() if refusal else Answer(200, b"", _JSON))

    async def predict(self, request: Request) -> Response:
        """The body through the hooks, as a response."""
        return respond(request, await self.answer(request))

    async def answer(self, request: Request, given: bytes | None = None) -> Answer:
        """The body through the hooks; `given` takes the place of the request's own.

        Off the event loop unless quick, so health checks pass. Refusals are answers too.
        """
        unready = self.unready()
        if unready is None and self.in_flight >= self.settings.max_concurrent:
            unready = Refusal(503, "overloaded", "too many requests at once: try again shortly")
        if unready is not None:
            return unready.answer()
        self.in_flight += 1
        try:
            body = await self._body(request) if given is None else given
            started = time.monotonic()
            answer = await self._answer(body, *content_types(request))
            request.scope[RUN_SECONDS] = time.monotonic() - started
            return answer
        except Refusal as refusal:
            return refusal.answer()
        except ClientDisconnect:
            return Answer(400, b"", _JSON)
        finally:
            self.in_flight -= 1

    async def _body(self, request: Request) -> bytes:
        """The body; a caller that stops sending does not keep its place for ever (408)."""
        task = asyncio.current_task()
        assert task is not None
        late = False

        def expire() -> None:
            nonlocal late
            late = True
            task.cancel()

        # asyncio.wait_for would make a task of every request.
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.settings.body_seconds, expire)
        try:
            return await read_body(request, limit=self.settings.max_payload)
        except asyncio.CancelledError:
            if not late:
                raise
            if sys.version_info >= (3, 11):  # noqa: UP036 - cloud images still have 3.10
                task.uncancel()
            raise Refusal(408, "request_timeout", "the body did not arrive in time") from None
        finally:
            timer.cancel()

    async def _answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        assert self._predictor is not None
        inline = len(body) <= self._predictor.inline_body_bytes and self._seconds < _INLINE_SECONDS
        started = time.monotonic()
        if inline:
            answer = self._predictor.answer(body, content_type, accept)
        else:
            loop = asyncio.get_running_loop()
            answer = await loop.run_in_executor(
                self._threads, self._predictor.answer, body, content_type, accept
            )
        if len(body) <= self._predictor.inline_body_bytes:
            self._seconds += (time.monotonic() - started - self._seconds) / 10
        return answer

    @property
    def schemas(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """JSON schemas of requests and answers, where the hooks tell them, else any object."""
        told = None if self._predictor is None else self._predictor.schemas
        return told or ({"type": "object", "example": {}}, {"type": "object", "example": {}})


def content_types(request: Request) -> tuple[str, str]:
    """Content-Type and Accept as AWS's server gives them to hooks: with its defaults."""
    headers = request.headers
    # "ContentType" without hyphen is what some AWS services send.
    content_type = headers.get("contenttype") or headers.get("content-type") or _JSON
    accept = headers.get("accept")
    if not accept or accept == "*/*":
        accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", _JSON)
    return content_type, accept


async def read_body(request: Request, *, limit: int) -> bytes:
    """The whole body. Raises Refusal (413) above `limit` bytes, declared or chunked."""
    declared = request.headers.get("content-length")
    too_large = declared is not None and int(declared) > limit
    if too_large and request.headers.get("expect", "").lower() == "100-continue":
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        too_large = too_large or size > limit
        if not too_large:
            parts.append(part)
        elif size > limit * _DISCARDED_PAYLOADS:
            break
        else:
            parts.clear()
    if too_large:
        raise _too_large(limit)
    return b"".join(parts)


def _too_large(limit: int) -> Refusal:
    return Refusal(
        413, "payload_too_large", f"the body is larger than {limit} bytes: send fewer rows"
    )


def respond(request: Request, answer: Answer) -> Response:
    """An HTTP response with the caller's request ids; errors are logged under that id."""
    headers = request.headers
    request_id = headers.get("x-request-id", "")
    if not 0 < len(request_id) <= _LONGEST_REQUEST_ID:
        request_id = uuid.uuid4().hex
    answered = {"content-type": answer.content_type, "x-request-id": request_id}
    for name in _ECHOED:
        if name in headers:
            answered[name] = headers[name]
    if answer.status >= 400:
        path = request.scope["path"]
        # 503 is expected, and repeated, while a model loads.
        level = logging.DEBUG if answer.status == 503 else logging.WARNING
        _log.log(level, "%s %s -> %d (%s)", request.method, path, answer.status, request_id)
        if answer.status == 503:
            answered["retry-after"] = "1"
        if answer.status in (408, 413, 503):
            answered["connection"] = "close"
    return Response(answer.body, status_code=answer.status, headers=answered)
