"""A threaded HTTP/1.1 server for WSGI applications that keeps connections open.

werkzeug's development server closes after each request, which costs a client of the sandbox more
than most operations do. Bodies are read whole before the application runs, so the next request
on a connection always starts at the right byte.
"""

import io
import logging
import socket
import socketserver
import sys
from email.utils import formatdate
from typing import Any
from urllib.parse import unquote_to_bytes

from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)

from sandbox.aws.context import Environ, WsgiApplication

IDLE_SECONDS = 90
LONGEST_HEAD = 64 * 1024
_BODYLESS = ("204", "304")

log = logging.getLogger(__name__)


class _BadRequest(Exception):
    pass


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    rbufsize = 64 * 1024
    wbufsize = 0
    server: "HttpServer"

    def handle(self) -> None:
        try:
            while self._one_request():
                pass
        except _BadRequest as error:
            self._send("400 Bad Request", [("Content-Type", "text/plain")], str(error).encode())
        except (ConnectionError, TimeoutError):
            pass
        except Exception:
            log.exception("connection failed")

    def _one_request(self) -> bool:
        line = self.rfile.readline(LONGEST_HEAD)
        if line in (b"\r\n", b"\n"):
            line = self.rfile.readline(LONGEST_HEAD)
        if not line:
            return False
        try:
            method, target, version = line.decode("latin-1").split()
        except ValueError as error:
            raise _BadRequest("malformed request line") from error
        headers = self._headers()
        environ = self._environ(method, target, version, headers)
        keep = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self._body(headers)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = io.BytesIO(body)
        self._respond(environ, keep)
        return keep

    def _headers(self) -> "_Headers":
        headers = _Headers()
        size = 0
        while True:
            line = self.rfile.readline(LONGEST_HEAD)
            size += len(line)
            if line in (b"\r\n", b"\n"):
                return headers
            if not line or size > LONGEST_HEAD:
                raise _BadRequest("malformed or oversized headers")
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon:
                raise _BadRequest("malformed header")
            headers.add(name.strip(), value.strip())

    def _body(self, headers: "_Headers") -> bytes:
        if headers.get("transfer-encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self.rfile.readline(1024).split(b";")[0] or b"0", 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline(8)
            while self.rfile.readline(LONGEST_HEAD) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(chunks)
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise _BadRequest("malformed Content-Length")
        body = self.rfile.read(int(length)) if int(length) else b""
        if len(body) < int(length):
            raise ConnectionError("the client closed while sending")
        return body

    def _environ(self, method: str, target: str, version: str, headers: "_Headers") -> Environ:
        path, _, query = target.partition("?")
        if "://" in path:
            path = "/" + path.split("://", 1)[1].partition("/")[2]
        host, port = self.server.server_address[:2]
        environ: Environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "RAW_URI": target,
            "REQUEST_URI": target,
            "SCRIPT_NAME": "",
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": version,
            "REMOTE_ADDR": self.client_address[0],
            "REMOTE_PORT": self.client_address[1],
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "wsgi.input_terminated": True,
        }
        environ.update(headers.environ)
        # What is decoded here must not look encoded to the application.
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ[PRESERVED_HEADER_NAMES_ENVIRON_KEY] = headers.preserved
        return environ

    def _respond(self, environ: Environ, keep: bool) -> None:
        answer: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
            answer[:] = [status, headers]
            return lambda _: None

        result = self.server.application(environ, start_response)
        try:
            body = b"".join(result)
        finally:
            if hasattr(result, "close"):
                result.close()
        status, headers = answer
        head_only = environ["REQUEST_METHOD"] == "HEAD"
        self._send(status, headers, b"" if head_only else body, keep=keep, head_only=head_only)

    def _send(
        self,
        status: str,
        headers: list[tuple[str, str]],
        body: bytes,
        *,
        keep: bool = False,
        head_only: bool = False,
    ) -> None:
        names = {name.lower() for name, _ in headers}
        lines = [f"HTTP/1.1 {status}"]
        lines += [
            f"{name}: {value}"
            for name, value in headers
            if name.lower() not in ("connection", "transfer-encoding")
        ]
        if "content-length" not in names and not status.startswith(_BODYLESS) and not head_only:
            lines.append(f"Content-Length: {len(body)}")
        if "date" not in names:
            lines.append(f"Date: {formatdate(usegmt=True)}")
        lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if status.startswith(_BODYLESS):
            body = b""
        if len(body) < 64 * 1024:
            self.request.sendall(head + body)
        else:
            self.request.sendall(head)
            self.request.sendall(body)


class _Headers:
    """Request headers, as the WSGI environment has them."""

    def __init__(self) -> None:
        self.environ: dict[str, str] = {}
        self.preserved: dict[str, str] = {}

    def add(self, name: str, value: str) -> None:
        # An underscore must not pass for a dash, except in S3's metadata names.
        if "_" in name:
            if not should_preserve_original_header_name(name):
                return
            self.preserved[environ_key_for_header(name)] = name
        key = environ_key_for_header(name)
        self.environ[key] = f"{self.environ[key]},{value}" if key in self.environ else value

    def get(self, name: str, default: str = "") -> str:
        return self.environ.get(environ_key_for_header(name), default)


class HttpServer(socketserver.ThreadingTCPServer):
    """Serves ``application``; a thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], application: WsgiApplication) -> None:
        """Bind and listen; raises OSError when the port is taken."""
        self.application = application
        super().__init__(address, _Connection)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def handle_error(self, request: socket.socket | Any, client_address: Any) -> None:
        log.debug("connection from %s failed", client_address)
