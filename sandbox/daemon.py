"""The sandbox's one process: wire servers and provider plugins of a state directory."""

import fcntl
import importlib
import logging
import os
import signal
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import IO, Any

from sandbox.errors import PortError, SandboxError
from sandbox.state import StateDirectory, write_json

# Provider plugins by the name Pulumi attaches them under; served once their package exists.
PLUGINS = {
    "aws": "sandbox.aws.plugin",
    "gcp": "sandbox.gcp.plugin",
    "azure-native": "sandbox.azure.plugin",
}

log = logging.getLogger(__name__)


def take_lock(state: StateDirectory) -> IO[str]:
    """Hold the state directory for this process.

    Raises:
        SandboxError: another daemon holds it.
    """
    file = state.lock.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        raise SandboxError(
            f"another sandbox (pid {file.read().strip()}) uses {state.root}"
        ) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def serve_plugins(
    ports: dict[str, int], clouds: dict[str, Any]
) -> tuple[list[Any], dict[str, int]]:
    """Start the provider plugins there are; their grpc servers must be kept referenced.

    Args:
        clouds: how to reach each plugin's cloud, by the plugin's name.

    The wire servers are of use without plugins, so one that cannot be imported is only logged;
    ``SANDBOX_PLUGINS=off`` leaves them out, for a quicker start.
    """
    servers, served = [], {}
    for name, module in PLUGINS.items() if os.environ.get("SANDBOX_PLUGINS") != "off" else ():
        try:
            serve = importlib.import_module(module).serve
        except (ImportError, AttributeError) as error:
            log.warning("Pulumi's plugin %r is not served: %s", name, error)
            continue
        port = ports[f"plugin.{name}"]
        try:
            server = serve(port, clouds[name])
        except (OSError, RuntimeError) as error:
            raise PortError(f"port {port} of 127.0.0.1 is taken ({error})") from error
        servers.append(server[0] if isinstance(server, tuple) else server)
        served[f"plugin.{name}"] = port
    return servers, served


def run(state: StateDirectory, ports: dict[str, int]) -> None:
    """Serve until SIGTERM or SIGINT, then end every child and save.

    Args:
        ports: by name, see ``sandbox.control.PORT_NAMES``.

    Raises:
        SandboxError: the ports, the lock or the saved state cannot be used.
    """
    from sandbox.aws.server import AwsServer
    from sandbox.azure.server import AzureServer
    from sandbox.gcp.server import GcpServer

    state.prepare()
    lock = take_lock(state)
    state.ready.unlink(missing_ok=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    began = time.monotonic()
    aws = AwsServer(state, ports["aws"])
    gcp = GcpServer(state, ports["gcp"], jobs=aws.context.jobs, aws_url=aws.context.endpoint_url)
    azure = AzureServer(state, ports, jobs=aws.context.jobs)
    aws.context.report(gcp.report)
    aws.context.report(azure.report)
    plugins: list[Any] = []
    try:
        aws.start()
        gcp.start()
        azure.start()
        clouds = {
            "aws": aws.context.endpoint_url,
            "gcp": gcp.context.url,
            "azure-native": azure.context.environment(),
        }
        plugins, served = serve_plugins(ports, clouds)
        write_json(
            state.ready,
            {
                "pid": os.getpid(),
                "endpoint_url": aws.context.endpoint_url,
                "gcp_credentials": str(gcp.context.credentials),
                "azure": azure.client_files,
                "ports": {"aws": aws.port, "gcp": gcp.port, **azure.ports, **served},
                "started": time.time(),
            },
        )
        log.info("ready at %s after %.1f s", aws.context.endpoint_url, time.monotonic() - began)
        while not stop.wait(60):
            if not state.root.exists():
                log.error("the state directory is gone: stopping")
                break
    finally:
        state.ready.unlink(missing_ok=True)
        for plugin in plugins:
            plugin.stop(grace=1)
        if state.root.exists():
            # The jobs of all clouds end first, while all still answer them.
            gcp.halt()
            azure.halt()
            aws.stop()
            gcp.stop()
            azure.stop()
        log.info("stopped")
        lock.close()


def main(argv: list[str]) -> int:
    """``python -m sandbox.daemon STATE NAME=PORT ...``: what ``sandbox start`` starts."""
    logging.basicConfig(
        level=os.environ.get("SANDBOX_LOG_LEVEL", "INFO"),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    for noisy in ("azure", "botocore", "boto3", "urllib3", "s3transfer", "werkzeug", "uvicorn"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # moto warns when an error has no shape in botocore; such errors are meant here.
    warnings.filterwarnings("ignore", message=".*does not match an error shape.*")
    state = StateDirectory(Path(argv[0]))
    ports = {name: int(port) for name, _, port in (item.partition("=") for item in argv[1:])}
    try:
        run(state, ports)
    except SandboxError as error:
        # The last line is what `sandbox start` shows.
        log.error("%s", error)  # noqa: TRY400
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
