"""The init container: files by the identity's token, checked by digest, opened with care."""

import contextlib
import hashlib
import io
import json
import os
import ssl
import subprocess
import sys
import tarfile
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import aci_fetch
import pytest

from tests.model_code.https_process import write_pair

FETCH = Path(__file__).resolve().parents[2] / "model_code" / "aci_fetch.py"
TOKEN = "token-of-the-identity"


class Cloud:
    """Blob Storage over TLS and an identity service beside it; both note what they were asked."""

    def __init__(self, directory: Path) -> None:
        self.blobs: dict[str, bytes] = {}
        self.refusals = 0
        self.redirect = ""
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.certificate, key = write_pair(directory)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._storage = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(self._blob))
        self._storage.socket = context.wrap_socket(self._storage.socket, server_side=True)
        self._identity = ThreadingHTTPServer(("127.0.0.1", 0), self._handler(self._token))
        self.url = f"https://127.0.0.1:{self._storage.server_port}"
        self.identity = f"http://127.0.0.1:{self._identity.server_port}/msi/token"
        for server in (self._storage, self._identity):
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def close(self) -> None:
        for server in (self._storage, self._identity):
            server.shutdown()
            server.server_close()

    def _handler(self, answer: Any) -> type[BaseHTTPRequestHandler]:
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                cloud.asked.append((self.path, headers))
                status, body, more = answer(self.path, headers)
                self.send_response(status)
                for name, value in more.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def _blob(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        if self.redirect:
            return 302, b"", {"Location": self.redirect}
        if self.refusals or headers.get("authorization") != f"Bearer {TOKEN}":
            self.refusals -= 1
            return 403, b"", {"x-ms-error-code": "AuthorizationPermissionMismatch"}
        found = self.blobs.get(path)
        return (404, b"", {}) if found is None else (200, found, {})

    def _token(self, path: str, headers: dict[str, str]) -> tuple[int, bytes, dict[str, str]]:
        query = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
        expected = {"resource": "https://storage.azure.com/", "client_id": "client-7"}
        if headers.get("x-identity-header") != "header-3" or not expected.items() <= query.items():
            return 400, b"", {}
        return 200, json.dumps({"access_token": TOKEN}).encode(), {}

    def put(self, name: str, content: bytes, to: str, *, unpack: bool = False) -> dict[str, object]:
        self.blobs[f"/{name}"] = content
        digest = hashlib.sha256(content).hexdigest()
        return {"url": f"{self.url}/{name}", "sha256": digest, "to": to, "unpack": unpack}

    def environ(self, into: Path, *items: dict[str, object]) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "FETCH_INTO": str(into),
            "FETCH_FILES": json.dumps(items),
            "AZURE_CLIENT_ID": "client-7",
            "IDENTITY_ENDPOINT": self.identity,
            "IDENTITY_HEADER": "header-3",
            "SSL_CERT_FILE": str(self.certificate),
        }


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with contextlib.closing(Cloud(tmp_path)) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        yield running


def _tar(*members: tuple[str, bytes] | tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
                continue
            info = tarfile.TarInfo(member[0])
            info.size = len(member[1])
            tar.addfile(info, io.BytesIO(member[1]))
    return stream.getvalue()


def _zip(name: str, content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, content)
    return stream.getvalue()


def test_files_and_archives_arrive_as_they_were_deployed(cloud: Cloud, tmp_path: Path) -> None:
    into = tmp_path / "app"
    environ = cloud.environ(
        into,
        cloud.put(
            "code.tar.gz", _tar(("serve.py", b"x = 1"), ("deep/a.py", b"")), "code", unpack=True
        ),
        cloud.put("other.zip", _zip("b.py", b"y = 2"), "other", unpack=True),
        cloud.put("model", b"\0model", "model/model.pkl"),
        cloud.put("library.zip", _zip("c.py", b""), "packages/library.zip"),
    )
    for _ in range(2):  # a group that starts again finds what it left
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(FETCH)],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    found = {str(file.relative_to(into)) for file in into.rglob("*") if file.is_file()}
    expected = {"code/serve.py", "code/deep/a.py", "other/b.py", "model/model.pkl"}
    assert found == expected | {"packages/library.zip"}
    assert (into / "model/model.pkl").read_bytes() == b"\0model"
    assert (into / "code/serve.py").read_bytes() == b"x = 1"
    versions = {headers["x-ms-version"] for path, headers in cloud.asked if "token" not in path}
    assert versions == {"2021-12-02"}
    assert TOKEN not in done.stdout + done.stderr


def test_a_changed_file_is_not_stored(cloud: Cloud, tmp_path: Path) -> None:
    item = cloud.put("model", b"good", "model.pkl")
    cloud.blobs["/model"] = b"evil"
    with pytest.raises(aci_fetch.FetchError, match="changed or replaced"):
        aci_fetch.fetch_all(cloud.environ(tmp_path / "app", item))
    assert list((tmp_path / "app").iterdir()) == []


def test_rights_that_still_spread_are_waited_for(cloud: Cloud, tmp_path: Path) -> None:
    item = cloud.put("model", b"good", "model.pkl")
    cloud.refusals = 1
    aci_fetch.fetch_all(cloud.environ(tmp_path / "app", item))
    assert (tmp_path / "app/model.pkl").read_bytes() == b"good"
    cloud.refusals = 1000
    with pytest.raises(aci_fetch.FetchError, match=r"AuthorizationPermission.*Blob Data Reader"):
        aci_fetch.fetch_all(cloud.environ(tmp_path / "app", item), patience=0.5)


def test_a_redirect_does_not_take_the_token_elsewhere(cloud: Cloud, tmp_path: Path) -> None:
    item = cloud.put("model", b"good", "model.pkl")
    cloud.redirect = f"{cloud.url}/elsewhere"
    with pytest.raises(aci_fetch.FetchError, match="302"):
        aci_fetch.fetch_all(cloud.environ(tmp_path / "app", item))
    assert not any(path == "/elsewhere" for path, _ in cloud.asked)


def _link(name: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, "/etc/passwd"
    return info


@pytest.mark.parametrize(
    "archive",
    [
        _tar(("../evil", b"x")),
        _tar(("/tmp/evil", b"x")),
        _tar(_link("evil", tarfile.SYMTYPE)),
        _tar(_link("evil", tarfile.LNKTYPE)),
        _tar(_link("evil", tarfile.FIFOTYPE)),
        _zip("../evil", b"x"),
        b"no archive",
    ],
)
def test_an_archive_that_could_write_elsewhere_is_refused(
    archive: bytes, cloud: Cloud, tmp_path: Path
) -> None:
    item = cloud.put("code", archive, "code", unpack=True)
    with pytest.raises(aci_fetch.FetchError, match="archive"):
        aci_fetch.fetch_all(cloud.environ(tmp_path / "app", item))
    assert not list(tmp_path.rglob("evil"))
    assert not (tmp_path / "app/code").exists()


@pytest.mark.parametrize(
    "change",
    [{"to": "../x"}, {"to": "/x"}, {"url": "http://127.0.0.1/x"}, {"sha256": "0"}, {"to": None}],
)
def test_a_wrong_setting_is_named(change: dict[str, object], cloud: Cloud, tmp_path: Path) -> None:
    item = cloud.put("model", b"good", "model.pkl") | change
    with pytest.raises(aci_fetch.FetchError, match="FETCH_FILES"):
        aci_fetch.fetch_all(cloud.environ(tmp_path / "app", item))
    assert cloud.asked == []


def test_without_an_endpoint_the_metadata_service_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    def answer(url: str, headers: dict[str, str]) -> io.BytesIO:
        asked.append((url, headers))
        return io.BytesIO(b'{"access_token": "t"}')

    monkeypatch.setattr(aci_fetch, "_open", answer)
    assert aci_fetch.token({"AZURE_CLIENT_ID": "c"}) == "t"
    address, _, query = asked[0][0].partition("?")
    assert address == "http://169.254.169.254/metadata/identity/oauth2/token"
    assert dict(urllib.parse.parse_qsl(query)) == {
        "resource": "https://storage.azure.com/", "client_id": "c", "api-version": "2018-02-01",
    }  # fmt: skip
    assert asked[0][1] == {"Metadata": "true"}
