"""Requests and responses between the HTTP server and the handlers, and the ASGI application.

Handlers are plain functions that may block: they run in threads. A request's body is in memory
while it is small and in a file when it is not, so that large uploads and downloads need little
memory.
"""

import asyncio
import io
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs

IN_MEMORY = 1 << 20
CHUNK = 1 << 20
THREADS = 64


class MalformedBodyError(ValueError):
    """A body that is not the JSON object it must be; each cloud has its own words around it."""


class Refusal(Exception):
    """What a cloud answers instead of the thing that was asked for."""

    status: int
    headers: Mapping[str, str] = {}

    def body(self) -> dict[str, Any]:
        """The JSON answer."""
        raise NotImplementedError


class Body:
    """A request's body: bytes, or a file that is deleted unless it is taken."""

    def __init__(self, data: bytes = b"", path: Path | None = None) -> None:
        self._data, self.path = data, path
        self.size = len(data) if path is None else path.stat().st_size

    def read(self) -> bytes:
        return self._data if self.path is None else self.path.read_bytes()

    def open(self) -> IO[bytes]:
        return io.BytesIO(self._data) if self.path is None else self.path.open("rb")

    def discard(self) -> None:
        if self.path is not None:
            self.path.unlink(missing_ok=True)


@dataclass
class Request:
    """One request.

    Attributes:
        path: as sent, still percent-encoded, without the query.
        query: last value of each parameter; all values are in ``queries``.
        headers: names in lower case.
        variables: what the route's template found in the path, decoded.
    """

    method: str
    path: str
    queries: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Body
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self.queries.items()}

    def flag(self, name: str) -> bool:
        """A boolean parameter of the query."""
        return self.query.get(name, "").lower() in ("true", "1")

    def json(self) -> dict[str, Any]:
        """The body as a JSON object, empty when there is none.

        Raises:
            MalformedBodyError: it is something else.
        """
        data = self.body.read()
        if not data.strip():
            return {}
        try:
            value = json.loads(data)
        except ValueError as error:
            raise MalformedBodyError(str(error)) from error
        if not isinstance(value, dict):
            raise MalformedBodyError("Expected an object.")
        return value


@dataclass
class Response:
    """One answer; ``file`` (path, offset, length) takes the place of ``body``."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    file: tuple[Path, int, int] | None = None

    @classmethod
    def of_json(cls, value: object, status: int = 200) -> "Response":
        body = json.dumps(value, separators=(",", ":")).encode()
        return cls(status, body, {"content-type": "application/json; charset=UTF-8"})

    @classmethod
    def of_error(cls, error: Refusal) -> "Response":
        response = cls.of_json(error.body(), error.status)
        response.headers.update(error.headers)
        return response

    @property
    def length(self) -> int:
        return len(self.body) if self.file is None else self.file[2]


class Application:
    """The ASGI application around one function from request to response.

    ``refuse`` sees the headers of a request before anything of its body is read, and may say why
    it is not answered at all.
    """

    def __init__(
        self,
        name: str,
        handle: Callable[[Request], Response],
        refuse: Callable[[Mapping[str, str]], Refusal | None],
        incoming: Path,
    ) -> None:
        self._handle = handle
        self._refuse = refuse
        self._incoming = incoming
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=name)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        refused = self._refuse(headers)
        if refused is not None:
            await self._send(send, Response.of_error(refused), scope["method"])
            return
        body = await self._body(receive)
        if body is None:
            return
        request = Request(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1").split("?")[0],
            queries=parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            headers=headers,
            body=body,
        )
        loop = asyncio.get_running_loop()
        try:
            response = await loop.run_in_executor(self._threads, self._handle, request)
            await self._send(send, response, request.method)
        finally:
            body.discard()

    async def _body(self, receive: Any) -> Body | None:
        """The whole body; ``None`` when the client left before its end."""
        data = bytearray()
        file: IO[bytes] | None = None
        path: Path | None = None
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                if file is not None and path is not None:
                    file.close()
                    path.unlink(missing_ok=True)
                return None
            data += message.get("body", b"")
            if len(data) > IN_MEMORY:
                if file is None:
                    descriptor, name = tempfile.mkstemp(dir=self._incoming)
                    file, path = os.fdopen(descriptor, "wb"), Path(name)
                file.write(data)
                data.clear()
            if not message.get("more_body"):
                break
        if file is None:
            return Body(bytes(data))
        file.write(data)
        file.close()
        return Body(path=path)

    async def _send(self, send: Any, response: Response, method: str) -> None:
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1", "replace"))
            for name, value in response.headers.items()
        ]
        if "content-length" not in response.headers and response.status not in (204, 304):
            headers.append((b"content-length", str(response.length).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        if method == "HEAD" or response.file is None:
            body = b"" if method == "HEAD" else response.body
            await send({"type": "http.response.body", "body": body})
            return
        path, offset, left = response.file
        loop = asyncio.get_running_loop()
        with path.open("rb") as file:
            file.seek(offset)
            while left > 0:
                data = await loop.run_in_executor(self._threads, file.read, min(CHUNK, left))
                if not data:
                    break
                left -= len(data)
                await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
