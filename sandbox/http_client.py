"""A small pooled HTTP/1.1 client for serving processes on this machine.

What a general client spends on a request is a large part of what a small model needs to answer
it; between two programs on loopback, keep-alive and lengths are enough.
"""

import socket
import ssl
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

LONGEST_HEAD = 64 * 1024


class ServingUnreachable(OSError):
    """The process does not accept connections, or closed one before it answered."""


class ServingTimeout(OSError):
    """The process did not answer in time."""


@dataclass(frozen=True)
class Answer:
    """Status, headers with lower-case names, body."""

    status: int
    headers: dict[str, str]
    body: bytes


class _Connection:
    def __init__(
        self, host: str, port: int, timeout: float, tls: ssl.SSLContext | None = None
    ) -> None:
        self._socket = socket.create_connection((host, port), timeout)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname=host)
        self._reader = self._socket.makefile("rb", 64 * 1024)

    def exchange(self, data: bytes, timeout: float) -> tuple[Answer, bool]:
        """Send a request; its answer, and whether the connection can be used again."""
        self._socket.settimeout(timeout)
        self._socket.sendall(data)
        line = self._reader.readline(LONGEST_HEAD)
        if not line:
            raise ConnectionResetError("closed before an answer")
        version, _, rest = line.partition(b" ")
        status = int(rest[:3])
        headers: dict[str, str] = {}
        while (line := self._reader.readline(LONGEST_HEAD)) not in (b"\r\n", b"\n"):
            if not line:
                raise ConnectionResetError("closed in the headers")
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        body = self._body(headers, status)
        keep = version == b"HTTP/1.1" and headers.get("connection", "").lower() != "close"
        return Answer(status, headers, body), keep

    def _body(self, headers: dict[str, str], status: int) -> bytes:
        if status in (204, 304):
            return b""
        if headers.get("transfer-encoding", "").lower() == "chunked":
            chunks = []
            while size := int(self._reader.readline(1024).split(b";")[0], 16):
                chunks.append(self._reader.read(size))
                self._reader.readline(8)
            while self._reader.readline(LONGEST_HEAD) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(chunks)
        if "content-length" in headers:
            return bytes(self._reader.read(int(headers["content-length"])))
        headers["connection"] = "close"
        return bytes(self._reader.read())

    def close(self) -> None:
        self._reader.close()
        self._socket.close()


class Client:
    """Connections to one process; any number of threads may use it.

    ``tls`` says whose certificates to trust where the process speaks TLS.
    """

    def __init__(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._idle: deque[_Connection] = deque()

    def request(
        self,
        method: str,
        path: str,
        *,
        headers: Iterable[tuple[str, str]] = (),
        body: bytes = b"",
        timeout: float = 60.0,
    ) -> Answer:
        """Send one request and read its answer.

        Raises:
            ServingTimeout: no answer within ``timeout`` seconds.
            ServingUnreachable: nothing listens, or it closed before it answered.
        """
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers]
        lines.append(f"Content-Length: {len(body)}")
        data = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + body
        while True:
            connection, fresh = self._take(timeout)
            try:
                answer, keep = connection.exchange(data, timeout)
            except TimeoutError as error:
                connection.close()
                raise ServingTimeout(str(error)) from error
            except (OSError, ValueError) as error:
                connection.close()
                # The process may close an idle connection at any moment: a new one decides.
                if fresh:
                    raise ServingUnreachable(str(error)) from error
                continue
            if keep:
                self._idle.append(connection)
            else:
                connection.close()
            return answer

    def _take(self, timeout: float) -> tuple[_Connection, bool]:
        try:
            return self._idle.pop(), False
        except IndexError:
            pass
        try:
            return _Connection(self._host, self._port, min(timeout, 5.0), self._tls), True
        except OSError as error:
            raise ServingUnreachable(str(error)) from error

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
