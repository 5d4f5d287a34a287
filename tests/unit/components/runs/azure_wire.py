"""Azure at the wire: TLS, tokens, prepared answers of the APIs, and blobs in memory.

The handlers' own clients (azure-identity, azure-core, azure-storage-blob) talk to it unmodified.
"""

import hashlib
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from sandbox.azure.tls import Certificates

ACCOUNT = "lake"
WORKSPACE = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
)
NOW = format_datetime(datetime(2026, 1, 1, tzinfo=UTC), usegmt=True)


@dataclass(frozen=True)
class Answer:
    """One prepared answer."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


def refusal(status: int, code: str, message: str, *details: str) -> Answer:
    """An error as Azure Resource Manager writes it."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = [{"code": "Detail", "message": text} for text in details]
    return Answer({"error": error}, status)


class AzureWire:
    """Both servers, and what tests prepare and look at."""

    def __init__(self, directory: Path) -> None:
        self.certificates = Certificates(directory)
        self.answers: dict[tuple[str, str], Any] = {}
        self.asked: list[Asked] = []
        self.blobs: dict[str, bytes] = {}
        self.blob_refusals: list[str] = []
        self._identity = _Server(("127.0.0.1", 0), _Identity, self)
        self._cloud = _Server(("127.0.0.1", 0), _Cloud, self)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificates.server)
        self._cloud.socket = context.wrap_socket(
            self._cloud.socket, server_side=True, do_handshake_on_connect=False
        )
        for server in (self._identity, self._cloud):
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._cloud.server_port}"

    @property
    def account_url(self) -> str:
        return f"https://{self.host}/{ACCOUNT}/"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ARM_METADATA_HOSTNAME": self.host,
            "IDENTITY_ENDPOINT": f"http://127.0.0.1:{self._identity.server_port}/token",
            "IDENTITY_HEADER": "header",
            "REQUESTS_CA_BUNDLE": str(self.certificates.bundle),
        }

    def clear(self) -> None:
        for kept in (self.answers, self.asked, self.blobs, self.blob_refusals):
            kept.clear()

    def close(self) -> None:
        for server in (self._identity, self._cloud):
            server.shutdown()
            server.server_close()

    def requests(self, method: str = "", path: str = "") -> list[Asked]:
        """Requests to the APIs, by method and end of the path."""
        return [
            asked
            for asked in self.asked
            if method in ("", asked.method) and asked.path.endswith(path)
        ]

    def job(self, name: str, status: str = "Completed", **properties: Any) -> dict[str, Any]:
        """A job as the API describes it."""
        tracking = f"azureml://{self.host}/mlflow/v1.0{WORKSPACE}?"
        studio = {"endpoint": "https://studio/run"}
        services = {"Tracking": {"endpoint": tracking}, "Studio": studio}
        known = {"jobType": "Command", "status": status, "services": services}
        return {"id": f"{WORKSPACE}/jobs/{name}", "properties": {**known, **properties}}


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], handler: type, wire: AzureWire) -> None:
        super().__init__(address, handler)
        self.wire = wire

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    @property
    def wire(self) -> AzureWire:
        assert isinstance(self.server, _Server)
        return self.server.wire

    def log_message(self, *_: object) -> None:
        pass

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()

    def read_body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class _Identity(_Handler):
    """The managed identity's endpoint, as App Service has it."""

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if self.headers.get("X-IDENTITY-HEADER") != "header":
            self.reply(403)
            return
        token = {
            "access_token": f"token for {query['resource'][0]}",
            "expires_on": "4102444800",
            "resource": query["resource"][0],
            "token_type": "Bearer",
        }
        self.reply(200, json.dumps(token).encode(), **{"Content-Type": "application/json"})


class _Cloud(_Handler):
    """Resource Manager, the machine learning service's data plane, an endpoint, and blobs."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = self.read_body()
        if path.startswith(f"/{ACCOUNT}/"):
            self._blob(path.removeprefix(f"/{ACCOUNT}/"), query, body)
            return
        if path == "/metadata/endpoints":
            self._reply_json(self._metadata())
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        told = json.loads(body) if body else None
        self.wire.asked.append(Asked(self.command, path, query, headers, told))
        authorised = headers.get("authorization", "").startswith("Bearer ")
        if not authorised:
            self._reply_json(refusal(401, "AuthenticationFailed", "no token"))
            return
        self._reply_json(self._prepared(path))

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = _answer

    def _metadata(self) -> Answer:
        sign_in = {"audiences": ["https://arm.test/"], "loginEndpoint": "https://login.test/"}
        return Answer({"resourceManager": f"https://{self.wire.host}/", "authentication": sign_in})

    def _prepared(self, path: str) -> Answer:
        for (method, end), answer in self.wire.answers.items():
            if method == self.command and path.endswith(end):
                found = answer
                if isinstance(answer, list):  # used up but for the last
                    found = answer.pop(0) if len(answer) > 1 else answer[0]
                return found if isinstance(found, Answer) else Answer(found)
        return refusal(404, "NotFound", f"nobody prepared {self.command} {path}")

    def _reply_json(self, answer: Answer) -> None:
        content = b"" if answer.body is None else json.dumps(answer.body).encode()
        given = {"Content-Type": "application/json", **answer.headers}
        headers = {name: value.replace("HOST", self.wire.host) for name, value in given.items()}
        self.reply(answer.status, content, **headers)

    def _blob(self, name: str, query: Mapping[str, str], body: bytes) -> None:
        blobs = self.wire.blobs
        if not str(self.headers.get("Authorization")).startswith("Bearer "):
            self._refuse_blob(401, "NoAuthenticationInformation")
        elif self.wire.blob_refusals:
            self._refuse_blob(403, self.wire.blob_refusals.pop(0))
        elif query.get("comp") == "list":
            self._list(name, query.get("prefix", ""))
        elif self.command == "PUT":
            blobs[name] = body
            self.reply(201, b"", **{"ETag": _etag(body), "Last-Modified": NOW})
        elif name not in blobs:
            self._refuse_blob(404, "BlobNotFound")
        elif self.headers.get("If-Match") not in (None, _etag(blobs[name])):
            self._refuse_blob(412, "ConditionNotMet")
        elif self.command == "DELETE":
            del blobs[name]
            self.reply(202)
        else:
            self._send_blob(blobs[name])

    def _send_blob(self, content: bytes) -> None:
        common = {"ETag": _etag(content), "Last-Modified": NOW, "x-ms-blob-type": "BlockBlob"}
        wanted = self.headers.get("x-ms-range")
        if not wanted:
            self.reply(200, content, **common)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(content)), len(content) - 1)
        if start > end:
            self._refuse_blob(416, "InvalidRange")
            return
        place = f"bytes {start}-{end}/{len(content)}"
        self.reply(206, content[start : end + 1], **common, **{"Content-Range": place})

    def _list(self, container: str, prefix: str) -> None:
        own = {
            name.removeprefix(f"{container}/"): content
            for name, content in sorted(self.wire.blobs.items())
            if name.startswith(f"{container}/")
        }
        items = "".join(
            f"<Blob><Name>{escape(name)}</Name><Properties><Content-Length>{len(content)}"
            f"</Content-Length><Last-Modified>{NOW}</Last-Modified><Etag>1</Etag>"
            f"<BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, content in own.items()
            if name.startswith(prefix)
        )
        text = f"<EnumerationResults><Blobs>{items}</Blobs><NextMarker/></EnumerationResults>"
        self.reply(200, text.encode(), **{"Content-Type": "application/xml"})

    def _refuse_blob(self, status: int, code: str) -> None:
        text = f"<Error><Code>{code}</Code><Message>{code} it is.\nTime:now</Message></Error>"
        headers = {"x-ms-error-code": code, "Content-Type": "application/xml"}
        self.reply(status, b"" if self.command == "HEAD" else text.encode(), **headers)


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:16]}"'
