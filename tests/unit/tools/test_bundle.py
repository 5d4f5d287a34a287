"""The release bundle: unpacked when there is one, given up within seconds when not."""

import http.server
import io
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.engine import bundle, version

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def archive(said: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name in ("pulumi/pulumi", "pulumi/pulumi-language-python", "../../escaped"):
            content = f"#!/bin/sh\necho {said}\n".encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
        link = tarfile.TarInfo("pulumi/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return buffer.getvalue()


def body(content: bytes, *, claimed: int | None = None, status: int = 200) -> Answer:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(content) if claimed is None else claimed))
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], None]]:
    servers: list[http.server.HTTPServer] = []

    def start(answer: Answer) -> None:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        monkeypatch.setattr(
            bundle, "LOCATION", f"http://127.0.0.1:{server.server_port}/{{version}}"
        )

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_its_programs_are_laid_out_flat_and_nothing_outside(
    serve: Callable[[Answer], None], tmp_path: Path
) -> None:
    serve(body(archive(f"v{version.WANTED}")))
    into = tmp_path / "a" / "b"
    into.mkdir(parents=True)
    bundle.download(into)
    assert sorted(path.name for path in into.iterdir()) == [
        "escaped",
        "pulumi",
        "pulumi-language-python",
    ]
    assert (into / "pulumi").stat().st_mode & 0o111
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (body(b"", status=404), "404"),
        (body(b"short", claimed=500), "broke off|IncompleteRead"),
        (body(b"not an archive"), "gzip"),
        (body(archive("v3.1.0")), "version v3.1.0"),
    ],
)
def test_what_cannot_be_used_is_not_available(
    serve: Callable[[Answer], None], tmp_path: Path, answer: Answer, reason: str
) -> None:
    serve(answer)
    with pytest.raises(bundle.NotAvailable, match=reason):
        bundle.download(tmp_path)


def test_silence_is_given_up_in_time(
    serve: Callable[[Answer], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "ANSWER_WITHIN", 0.3)
    serve(lambda _: time.sleep(2))
    started = time.monotonic()
    with pytest.raises(bundle.NotAvailable):
        bundle.download(tmp_path)
    assert time.monotonic() - started < 1.5


def test_a_hanging_name_look_up_is_given_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(*_: object, **__: object) -> None:
        time.sleep(2)

    monkeypatch.setattr(bundle, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr("urllib.request.urlopen", hang)
    started = time.monotonic()
    with pytest.raises(bundle.NotAvailable, match=r"no answer within"):
        bundle.download(tmp_path)
    assert time.monotonic() - started < 1


def test_a_machine_without_bundles_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    with pytest.raises(bundle.NotAvailable, match="riscv64"):
        bundle.address()
