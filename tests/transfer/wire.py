"""A wire between a client and a cloud that counts what passes, and can hold or damage it."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

_OWN_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length", "host"}


@dataclass
class Exchange:
    """One request and its answer, as they pass; change what you like."""

    method: str
    target: str
    headers: dict[str, str]
    sent: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""

    @property
    def path(self) -> str:
        return unquote(urlsplit(self.target).path)

    def answers(self, status: int, body: bytes) -> None:
        """Answer in place of the cloud."""
        self.status, self.answer = status, body
        self.answer_headers = {"content-type": "application/json"}


class Hook:
    """What happens on the wire. ``request`` may answer itself by setting a status."""

    def request(self, exchange: Exchange) -> None:
        """Before the cloud sees it."""

    def answer(self, exchange: Exchange) -> None:
        """Before the client sees it."""


class Wire:
    """The wire to one address; ``hook`` may be changed at any time."""

    def __init__(self, target: str) -> None:
        self.hook = Hook()
        self.exchanges: list[Exchange] = []
        self.busy = self.busiest = 0
        self._lock = threading.Lock()
        self._target = urlsplit(target)
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                wire._pass(self)

            do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_GET

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: object) -> None:
                """A client that was killed is no error."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def count(self, wanted: Callable[[Exchange], bool]) -> int:
        """How many exchanges ended that are wanted."""
        with self._lock:
            return sum(1 for each in self.exchanges if wanted(each))

    def bytes_read(self) -> int:
        """Bytes of objects that were read."""
        with self._lock:
            return sum(
                len(each.answer)
                for each in self.exchanges
                if each.method == "GET" and each.path.count("/") > 1 and each.status in (200, 206)
            )

    @contextmanager
    def _counted(self, exchange: Exchange) -> Iterator[None]:
        with self._lock:
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
        try:
            yield
        finally:
            with self._lock:
                self.busy -= 1
                self.exchanges.append(exchange)

    def _pass(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("content-length") or 0)
        exchange = Exchange(
            handler.command,
            handler.path,
            {name.lower(): value for name, value in handler.headers.items()},
            handler.rfile.read(length),
        )
        with self._counted(exchange):
            self.hook.request(exchange)
            if not exchange.status:
                self._ask(exchange)
            self.hook.answer(exchange)
            handler.send_response(exchange.status)
            length_said = exchange.answer_headers.get("content-length", "0")
            for name, value in exchange.answer_headers.items():
                if name not in _OWN_HOP:
                    handler.send_header(name, value)
            size = length_said if exchange.method == "HEAD" else str(len(exchange.answer))
            handler.send_header("content-length", size)
            handler.end_headers()
            handler.wfile.write(exchange.answer)

    def _ask(self, exchange: Exchange) -> None:
        connection = http.client.HTTPConnection(self._target.netloc, timeout=60)
        try:
            headers = {k: v for k, v in exchange.headers.items() if k not in _OWN_HOP}
            headers["host"] = self._target.netloc
            connection.request(exchange.method, exchange.target, exchange.sent, headers)
            answer = connection.getresponse()
            exchange.status = answer.status
            exchange.answer_headers = {name.lower(): value for name, value in answer.getheaders()}
            exchange.answer = answer.read()
        finally:
            connection.close()
