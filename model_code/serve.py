"""Serve a model over HTTP with the hooks of inference.py, on this machine or in a container.

    MODEL_DIR=model MODEL_SHA256=… python serve.py

then `POST /invocations` and `GET /ping` on 127.0.0.1:8080. The digest is the one training printed.
The environment variables are those SageMaker sets; README and docs list them all. Listens on every
interface only with SERVE_HOST=0.0.0.0. SIGTERM ends it with code 0 once the requests under way are
answered; a model that cannot be loaded ends it with code 1.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from types import FrameType

import uvicorn
from serve_routes import build_app
from serve_service import Service
from serve_settings import ServeSettings, read_serve_settings
from starlette.applications import Starlette
from user_errors import DataError, run

# Longer than the idle time of the load balancers in front, which would reuse a closed connection.
_KEEP_ALIVE_SECONDS = 75


class DrainingServer(uvicorn.Server):
    """Keeps answering while requests are under way: new ones get 503, health checks too."""

    def __init__(self, config: uvicorn.Config, service: Service) -> None:
        super().__init__(config)
        self._service = service
        self.abandoned = 0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: start to drain."""
        self._service.drain()

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to stop."""
        if not self._service.finished:
            return await super().on_tick(counter)
        self.abandoned = self._service.in_flight
        return True


def _listen(settings: ServeSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=1024)
    except OSError as error:
        raise DataError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}. "
            "Set SERVE_PORT to a free port."
        ) from None


def _serve(settings: ServeSettings) -> None:
    service = Service(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        # Not awaited: health checks are answered (503) while a large model loads.
        loading = asyncio.create_task(service.load())
        yield
        loading.cancel()

    listener = _listen(settings)
    certificate = settings.certificate
    config = uvicorn.Config(
        build_app(service, os.environ, lifespan=lifespan),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=3,
        ssl_certfile=None if certificate is None else certificate.certificate,
        ssl_keyfile=None if certificate is None else str(certificate.key),
    )
    scheme = "http" if certificate is None else "https"
    logging.getLogger("serve").info(
        "serving on %s://%s:%d", scheme, settings.host, listener.getsockname()[1]
    )
    server = DrainingServer(config, service)
    # uvicorn raises the signal again once it has stopped; without SystemExit the process would
    # end as killed by SIGTERM instead of with code 0.
    with contextlib.suppress(SystemExit, KeyboardInterrupt):
        server.run(sockets=[listener])
    if service.failure is not None:
        raise service.failure
    if server.abandoned:
        logging.getLogger("serve").error("%d requests did not end in time", server.abandoned)
        # A thread stuck in a prediction would keep the process until it is killed.
        os._exit(1)


def main() -> None:
    """Serve until told to stop."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s"
    )
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    _serve(read_serve_settings())


if __name__ == "__main__":
    run(main)
