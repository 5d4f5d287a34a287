"""The command: what it says, to whom, with which exit status, and how little memory it takes."""

import io
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.running import eventually
from tests.transfer.conftest import Route
from tests.transfer.wire import Exchange, Hook
from transfer.cli import main

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024**2


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "transfer", *arguments]


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(*arguments),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=os.environ,
    )


def test_the_command_says_what_it_did(route: Route) -> None:
    route.put("a", b"12")
    route.put("b", b"3")
    ended = _run(route.source, route.target, "--verbose")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "2 copied; 3 B read, 3 B in the sink\n"
    # A slow machine says in between how far it is.
    assert sorted(line for line in ended.stderr.splitlines() if " objects, " not in line) == [
        f"copied: {route.source}/{name} → {route.target}/{name}" for name in "ab"
    ]
    ended = _run(route.source, route.target)
    assert ended.stdout == "2 skipped; 0 B read\n"
    assert "copied" not in ended.stderr


def test_a_terminal_gets_a_bar(route: Route) -> None:
    route.put("a", b"12")
    outer, inner = pty.openpty()
    try:
        ended = subprocess.run(
            _command(route.source, route.target),
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=inner,
            check=False,
            timeout=120,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "100"},
        )
        os.close(inner)
        shown = b""
        with open(outer, "rb", buffering=0, closefd=False) as stream:
            try:
                while piece := stream.read(4096):
                    shown += piece
            except OSError:
                pass  # how Linux ends a terminal whose other side is closed
    finally:
        os.close(outer)
    assert ended.returncode == 0
    assert "━" in shown.decode()
    assert "1/1 objects" in shown.decode()


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["{s3}", "{gs}-missing"], 3, ["gs://{name}-missing: there is no such bucket", "look at"]),
        (["s3://{name}-missing/x", "{gs}"], 3, ["s3://{name}-missing: there is no such bucket"]),
        (["{s3}/none", "{gs}"], 3, ["there is nothing at {s3}/none"]),
        (["here/x", "{gs}"], 2, ["'here/x' is not an address", "s3://bucket/prefix"]),
        (["{gs}", "{s3}"], 2, ["is not an address that fits here"]),
        (["--discard-unfinished", "ftp://x/y"], 2, ["gs://bucket/prefix"]),
    ],
    ids=["no sink", "no source bucket", "no source", "no address", "wrong way", "discard"],
)
def test_what_cannot_begin_is_said_with_a_remedy(
    route: Route,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    status: int,
    words: list[str],
) -> None:
    route.put("a", b"1")
    names = {"s3": route.source, "gs": f"gs://{route.name}", "name": route.name}
    assert main([each.format(**names) for each in arguments]) == status
    said = capsys.readouterr()
    assert said.err.startswith("error: ")
    assert "\n  → " in said.err
    assert "Traceback" not in said.err
    for word in words:
        assert word.format(**names) in said.err


@pytest.mark.parametrize("arguments", [["s3://a/b"], ["--jobs", "0", "s3://a", "gs://b"]])
def test_a_wrong_call_is_refused_with_the_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m transfer" in capsys.readouterr().err


class _Refuses(Hook):
    """Answers 403 as the cloud does where a permission is missing."""

    def __init__(self, wanted: Any, body: bytes) -> None:
        self._wanted, self._body = wanted, body

    def request(self, exchange: Exchange) -> None:
        if self._wanted(exchange):
            exchange.answers(403, self._body)


def test_a_sink_without_permission_ends_the_run_at_once(
    route: Route, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(300):
        route.put(f"{number}", b"1")
    said = b'{"error": {"code": 403, "message": "me@x lacks storage.objects.create"}}'
    route.gcs_wire.hook = _Refuses(lambda each: each.path.startswith("/upload/"), said)
    assert main([route.source, route.target]) == 3
    error = capsys.readouterr().err
    assert "access denied: me@x lacks storage.objects.create" in error
    assert "roles/storage.objectUser" in error
    assert route.gcs_wire.count(lambda each: each.path.startswith("/upload/")) < 50


def test_one_object_that_cannot_be_read_does_not_keep_the_others(
    route: Route, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "secret", "z"):
        route.put(name, b"1")
    body = b"<Error><Code>AccessDenied</Code><Message>no</Message></Error>"
    route.s3_wire.hook = _Refuses(lambda each: each.path.endswith("/in/secret"), body)
    assert main([route.source, route.target]) == 1
    said = capsys.readouterr()
    assert said.out.startswith("2 copied, 1 failed")
    assert f"failed: {route.source}/secret: access denied" in said.err
    assert "s3:GetObject" in said.err
    assert route.names() == ["out/a", "out/z"]


def test_an_object_that_vanishes_is_said_and_the_rest_goes_on(route: Route) -> None:
    route.put("a", b"1")
    route.put("gone", b"1")

    class Vanishes(Hook):
        def request(self, exchange: Exchange) -> None:
            if exchange.path.endswith("/in/gone"):
                exchange.answers(404, b"<Error><Code>NoSuchKey</Code></Error>")

    route.s3_wire.hook = Vanishes()
    report, _ = route.run()
    assert "there is no such object" in str(report.failures[0].error)
    assert route.names() == ["out/a"]


def test_without_credentials_it_says_how_to_get_some(
    route: Route, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert main([route.source, route.target]) == 3
    assert "no AWS credentials" in capsys.readouterr().err


def test_ctrl_c_ends_it_quickly_and_what_is_there_stays(route: Route) -> None:
    route.put("large", os.urandom(40 * MIB))
    held = threading.Event()

    class Holds(Hook):
        seen = 0

        def request(self, exchange: Exchange) -> None:
            if "range" in exchange.headers:
                self.seen += 1
                if self.seen > 2:
                    held.wait(120)

    route.s3_wire.hook = Holds()
    process = subprocess.Popen(
        _command(route.source, route.target, "--jobs", "2"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )
    try:
        eventually(lambda: len(route.names()) == 2, timeout=90)
        process.send_signal(signal.SIGINT)
        held.set()
        _, error = process.communicate(timeout=60)
    finally:
        held.set()
        process.kill()
        process.communicate()
    assert process.returncode == 130
    assert "goes on from the last finished part" in error
    assert "Traceback" not in error
    assert 2 <= len(route.names()) < 5


def _peak(route: Route, key: str) -> int:
    """Bytes of memory that the command took at most."""
    code = (
        "import sys; from transfer.cli import main; from bench.transfer import peak_memory;"
        "status = main(sys.argv[1:]); print(peak_memory()); sys.exit(status)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, f"{route.source}/{key}", route.target, "--jobs", "2"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=os.environ,
    )
    assert ended.returncode == 0, ended.stderr
    return int(ended.stdout.splitlines()[-1])


def test_memory_does_not_grow_with_the_object(
    route: Route, monkeypatch: pytest.MonkeyPatch, two_clouds: Any
) -> None:
    """160 MiB more to copy, a quarter of that more in memory at most: malloc's own scatter."""
    for name, value in two_clouds.environment.items():
        monkeypatch.setenv(name, value)  # past the wires, which keep what they see
    for size in (48, 208):
        route.s3.upload_fileobj(io.BytesIO(os.urandom(size * MIB)), route.name, f"in/{size}/object")
    small, large = _peak(route, "48"), _peak(route, "208")
    assert large - small < 40 * MIB, (small // MIB, large // MIB)
