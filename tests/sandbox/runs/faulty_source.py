"""A wire between the transfer service and S3 that damages, or holds back, one object's bytes."""

import contextlib
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class FaultyWire:
    """Passes everything on to ``target``; the body of the GET that ends in ``name`` suffers."""

    def __init__(self, target: str, name: str) -> None:
        self.name = name
        self.damages = False
        """Flip the first byte; size and headers stay."""
        self.begun, self.released = threading.Event(), threading.Event()
        """The first half was sent; the second half may go."""
        wire, host = self, urlsplit(target).netloc

        class Relay(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                upstream = http.client.HTTPConnection(host, timeout=60)
                headers = {key.lower(): value for key, value in self.headers.items()}
                upstream.request(self.command, self.path, body, {**headers, "host": host})
                answer = upstream.getresponse()
                data = answer.read()
                upstream.close()
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("transfer-encoding", "connection", "content-length"):
                        self.send_header(key, value)
                length = answer.getheader("content-length") if self.command == "HEAD" else None
                self.send_header("content-length", length or str(len(data)))
                self.end_headers()
                self._send(data)

            do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = _pass

            def _send(self, data: bytes) -> None:
                suffers = self.command == "GET" and urlsplit(self.path).path.endswith(wire.name)
                if suffers and wire.damages:
                    data = bytes([data[0] ^ 1]) + data[1:]
                elif suffers:
                    half = len(data) // 2
                    self.wfile.write(data[:half])
                    self.wfile.flush()
                    wire.begun.set()
                    wire.released.wait(120)
                    data = data[half:]
                self.wfile.write(data)

            def handle(self) -> None:
                # The other end may be killed, as the test means it to be.
                with contextlib.suppress(OSError):
                    super().handle()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - inherited
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Relay)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
