"""Azurite as a child process: started with the first storage account, told of each other one."""

import logging
import secrets
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from sandbox.azure.blobs import place
from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError
from sandbox.wire_server import HOST

if TYPE_CHECKING:
    from azure.storage.blob import BlobServiceClient

AUDIENCE: Final = "https://storage.azure.com"
START_SECONDS: Final = 60.0
# Azurite without any account falls back on one whose key everybody knows.
_NOBODY: Final = "sandboxnobody"
_REMEDY: Final = "install it with `make azurite`"

log = logging.getLogger(__name__)


class Azurite:
    """The blob service of all storage accounts, on one TLS port.

    Nothing is started before the first account. Tokens of the sandbox's identities are accepted
    (``--oauth basic``: audience, issuer and lifetime are checked), and an account's keys where it
    allows them.
    """

    def __init__(self, context: Context, port: int) -> None:
        self._context = context
        self.port = port
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._accounts: dict[str, str] = {}
        self._log: IO[str] | None = None
        context.on_stop(self._stop)

    def endpoint(self, account: str) -> str:
        """The blob endpoint of an account, with a slash at the end."""
        return f"https://{HOST}:{self.port}/{account}/"

    def signing_key(self, account: str) -> str:
        """The key that signs rights to parts of an account, whether or not it allows keys."""
        return self._accounts[account].partition(":")[0]

    def client(self, account: str) -> "BlobServiceClient":
        """A client of an account, with the rights of the sandbox itself."""
        from azure.storage.blob import BlobServiceClient

        return BlobServiceClient(
            self.endpoint(account),
            credential=_OwnCredential(self._context),
            connection_verify=str(self._context.certificates.bundle),
        )

    def serve(self, accounts: Mapping[str, str]) -> None:
        """Serve these accounts and no others.

        Args:
            accounts: keys in base64 by account name.

        Raises:
            ApiError: Azurite is not installed or does not start.
        """
        with self._lock:
            self._accounts = dict(accounts)
            if not self._accounts and self._process is None:
                return
            if self._process is not None and self._process.poll() is not None:
                log.error("Azurite ended with status %s", self._process.returncode)
                self._process = None
            if self._process is None:
                self._process = self._start()
            self._tell()

    def _tell(self) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        pairs = {_NOBODY: secrets.token_hex(16), **self._accounts}
        line = ";".join(f"{name}:{key}" for name, key in pairs.items())
        timer = threading.Timer(START_SECONDS, self._process.kill)
        timer.start()
        try:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()
            answered = self._process.stdout.readline().strip() == "accounts"
        except OSError:
            answered = False
        finally:
            timer.cancel()
        if not answered:
            self._process.kill()
            self._process.wait()
            self._process = None
            raise ApiError(
                503, "ServerBusy", f"Azurite does not answer; its log is {self._log_path}."
            )

    @property
    def _log_path(self) -> Path:
        return self._context.directory / "azurite.log"

    def _start(self) -> "subprocess.Popen[str]":
        package, node = place.azurite(), place.node()
        if package is None or node is None:
            missing = "Azurite" if package is None else "Node.js"
            message = f"Storage accounts need {missing}, which is not set up; {_REMEDY}."
            raise ApiError(503, "SandboxNotSetUp", message)
        data = self._context.directory / "blobs"
        data.mkdir(exist_ok=True)
        certificate = str(self._context.certificates.server)
        if self._log is None:
            self._log = self._log_path.open("a")
        options: dict[str, str | None] = {
            "--blobHost": HOST,
            "--blobPort": str(self.port),
            "--location": str(data),
            "--cert": certificate,
            "--key": certificate,
            "--oauth": "basic",
            "--skipApiVersionCheck": None,
            "--disableTelemetry": None,
            "--silent": None,
        }
        words = [word for pair in options.items() for word in pair if word is not None]
        return subprocess.Popen(
            [node, str(Path(__file__).with_name("launcher.js")), str(package), *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=data,
            start_new_session=True,
        )

    def _stop(self) -> None:
        with self._lock:
            process, self._process = self._process, None
            if process is not None:
                assert process.stdin is not None
                process.stdin.close()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                if process.stdout is not None:
                    process.stdout.close()
            if self._log is not None:
                self._log.close()


class _OwnCredential:
    """azure-core's credential protocol over the sandbox's own tokens."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def get_token(self, *scopes: str, **_: Any) -> Any:
        import time

        from azure.core.credentials import AccessToken

        from sandbox.azure.tokens import LIFETIME

        audience = scopes[0].removesuffix("/.default") if scopes else AUDIENCE
        token = self._context.tokens.give(audience)
        return AccessToken(token, int(time.time()) + LIFETIME)
