"""One HTTP server of the sandbox: a port of 127.0.0.1, an application, a thread."""

import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import PortError

HOST = "127.0.0.1"
START_SECONDS = 20.0


def foreign(headers: Mapping[str, str], *, also: tuple[str, ...] = ()) -> str | None:
    """Why a request is not from this machine's own programs, if so.

    A page open in a browser must not get in, by DNS rebinding or by another site's script.

    Args:
        also: endings of host names that are ours, too, such as ``.googleapis.com``.
    """
    host = headers.get("host", "")
    if host and not _is_local(host, also):
        return f"the sandbox does not answer for host {host!r}"
    origin = headers.get("origin", "")
    if origin and not _is_local(urlsplit(origin).netloc, also):
        return f"the sandbox does not answer requests from {origin}"
    return None


def _is_local(host: str, also: tuple[str, ...]) -> bool:
    name = host.split("]", 1)[0] + "]" if host.startswith("[") else host.rsplit(":", 1)[0]
    return name in ("127.0.0.1", "localhost", "[::1]") or name.endswith((".localhost", *also))


class WireServer:
    """A bound port that answers with an ASGI application once it is started."""

    def __init__(self, name: str, port: int) -> None:
        """Bind the port; 0 takes a free one.

        Raises:
            PortError: something else listens there.
        """
        self._name = name
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, port))
        except OSError as error:
            self._socket.close()
            raise PortError(f"port {port} of {HOST} is taken ({error})") from error
        self.port: int = self._socket.getsockname()[1]
        self._server: Any = None
        self._thread: threading.Thread | None = None

    def start(self, application: Any, *, certificate: Path | None = None) -> None:
        """Serve; returns when requests are answered.

        Args:
            certificate: a PEM file with key and chain, for TLS.

        Raises:
            PortError: it does not come up.
        """
        import uvicorn

        config = uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            timeout_keep_alive=90,
            timeout_graceful_shutdown=2,
            backlog=512,
            ssl_certfile=certificate,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name=self._name,
            daemon=True,
        )
        self._thread.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise PortError(f"the {self._name} server does not start on port {self.port}")
            time.sleep(0.005)

    def stop(self) -> None:
        """End it, whether it was started or not."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(10)
        self._socket.close()
