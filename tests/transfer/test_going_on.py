"""A run that was killed or failed is gone on with; a source that changed is begun anew."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from google.cloud import storage

from tests.sandbox.running import eventually
from tests.transfer.conftest import Route
from tests.transfer.wire import Exchange, Hook
from transfer import Kind, TransferError

ROOT = Path(__file__).resolve().parents[2]
PART = 64 * 1024
WHOLE = 8 * 1024**2


def _of_object(exchange: Exchange) -> bool:
    return exchange.method == "GET" and "range" in exchange.headers


class _After(Hook):
    """Does something to the reads of parts after the first few."""

    def __init__(self, free: int, then: Callable[[Exchange], None]) -> None:
        self._free, self._then = free, then
        self._lock = threading.Lock()
        self._seen = 0

    def request(self, exchange: Exchange) -> None:
        if _of_object(exchange):
            with self._lock:
                self._seen += 1
                late = self._seen > self._free
            if late:
                self._then(exchange)


def _forbidden(exchange: Exchange) -> None:
    exchange.answers(403, b"<Error><Code>AccessDenied</Code></Error>")


def test_a_killed_run_is_gone_on_with_from_its_last_finished_parts(route: Route) -> None:
    data = os.urandom(5 * WHOLE + 3)
    route.put("large", data)
    held = threading.Event()

    def hold(_: Exchange) -> None:
        held.wait(120)

    route.s3_wire.hook = _After(3, hold)
    command = [sys.executable, "-m", "transfer", route.source, route.target, "--jobs", "2"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=os.environ)
    try:
        eventually(lambda: len(route.names()) == 3, timeout=90)
        process.kill()
        process.wait(60)
    finally:
        process.kill()
        process.wait(60)
        held.set()
    assert all(name.startswith(".trimaran-transfer/") for name in route.names())
    route.s3_wire.hook = Hook()
    eventually(lambda: route.s3_wire.busy == 0)
    before = route.s3_wire.bytes_read()
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ, timeout=120
    )
    assert ended.returncode == 0, ended.stderr
    assert "goes on, 59 % is there" in ended.stderr
    assert route.s3_wire.bytes_read() - before == 2 * WHOLE + 3
    assert route.content("large") == data
    assert route.names() == ["out/large"]


def test_a_failure_while_parts_are_put_together_costs_no_second_reading(route: Route) -> None:
    data = os.urandom(70 * PART + 1)
    route.put("large", data)

    class FailsAtTheLastStep(Hook):
        def request(self, exchange: Exchange) -> None:
            if exchange.path.endswith("/out/large/compose"):
                exchange.answers(400, b'{"error": {"code": 400, "message": "not now"}}')

    route.gcs_wire.hook = FailsAtTheLastStep()
    report, _ = route.run(part_size=PART)
    assert [str(each.error).splitlines()[0] for each in report.failures] == [
        f"{route.target}/large: 400: not now"
    ]
    assert route.blob("large") is None
    # 71 parts have become three stretches of at most 32.
    assert len(route.names()) == 3
    route.gcs_wire.hook = Hook()
    report, heard = route.run(part_size=PART)
    assert report.complete
    assert report.moved == 0
    assert "100 % is there" in heard.notices[0]
    assert route.content("large") == data
    assert route.names() == ["out/large"]


def test_a_lost_answer_to_the_last_step_is_not_a_failure(route: Route) -> None:
    route.put("large", os.urandom(3 * PART))
    route.put("small", b"1")

    class LosesTheFirstAnswer(Hook):
        lost: set[str] = set()  # noqa: RUF012

        def answer(self, exchange: Exchange) -> None:
            last = exchange.path.endswith("/compose") or b"out/small" in exchange.sent
            if last and exchange.path not in self.lost:
                self.lost.add(exchange.path)
                exchange.answers(503, b"{}")

    route.gcs_wire.hook = LosesTheFirstAnswer()
    report, _ = route.run(part_size=PART)
    assert report.complete, report.failures
    assert len(LosesTheFirstAnswer.lost) == 2
    assert route.names() == ["out/large", "out/small"]


def test_a_body_that_breaks_off_is_asked_for_again(route: Route) -> None:
    data = os.urandom(3 * PART)
    route.put("large", data)

    class BreaksOff(Hook):
        done = False

        def answer(self, exchange: Exchange) -> None:
            if _of_object(exchange) and not self.done:
                self.done = True
                exchange.answer = exchange.answer[:1000]

    route.s3_wire.hook = BreaksOff()
    report, _ = route.run(part_size=PART)
    assert report.complete
    assert route.content("large") == data


def test_a_source_that_changes_while_it_is_read_starts_over(route: Route) -> None:
    new = os.urandom(4 * PART)
    route.put("large", os.urandom(5 * PART))
    changed = threading.Lock()

    def change(_: Exchange) -> None:
        if changed.acquire(blocking=False):
            route.put("large", new)

    route.s3_wire.hook = _After(2, change)
    report, heard = route.run(part_size=PART, jobs=1)
    assert report.complete
    assert heard.notices == [f"{route.source}/large changed while it was read: starts over"]
    assert route.content("large") == new
    assert route.names() == ["out/large"]


def test_a_source_that_never_rests_is_given_up_with_nothing_left(route: Route) -> None:
    route.put("large", os.urandom(3 * PART))
    route.s3_wire.hook = _After(1, lambda _: route.put("large", os.urandom(3 * PART)))
    report, _ = route.run(part_size=PART, jobs=1)
    assert "changed while it was read" in str(report.failures[0].error)
    assert route.names() == []


def test_a_source_that_changed_since_a_failed_run_starts_over(route: Route) -> None:
    route.put("large", os.urandom(5 * PART))
    route.s3_wire.hook = _After(2, _forbidden)
    report, _ = route.run(part_size=PART, jobs=1)
    assert "access denied" in str(report.failures[0].error)
    assert len(route.names()) == 2
    new = os.urandom(5 * PART)
    route.put("large", new)
    route.s3_wire.hook = Hook()
    report, heard = route.run(part_size=PART)
    assert report.moved == len(new)
    assert heard.notices == [
        f"{route.source}/large changed since a run that did not end: starts over"
    ]
    assert route.content("large") == new
    assert route.names() == ["out/large"]


def test_what_unfinished_runs_left_can_be_thrown_away(
    route: Route, capsys: pytest.CaptureFixture[str]
) -> None:
    from transfer.cli import main

    route.put("large", os.urandom(5 * PART))
    route.s3_wire.hook = _After(2, _forbidden)
    route.run(part_size=PART, jobs=1)
    assert len(route.names()) == 2
    assert main(["--discard-unfinished", f"gs://{route.name}"]) == 0
    assert "2 parts" in capsys.readouterr().out
    assert route.names() == []


def test_somebody_elses_new_object_is_not_overwritten(route: Route) -> None:
    route.put("large", os.urandom(3 * PART))

    def write(_: Exchange) -> None:
        if route.blob("large") is None:
            route.gcs.blob("out/large").upload_from_string(b"theirs")

    route.s3_wire.hook = _After(1, write)
    report, _ = route.run(part_size=PART, jobs=1)
    assert "written by somebody else" in str(report.failures[0].error)
    assert route.content("large") == b"theirs"


def test_a_bucket_that_retains_gets_small_objects_and_no_parts(route: Route) -> None:
    route.gcs.retention_period = 3600
    route.gcs.patch()
    route.put("large", os.urandom(3 * PART))
    route.put("small", b"1")
    report, _ = route.run(part_size=PART)
    assert report.counts[Kind.COPIED] == 1
    assert isinstance(report.failures[0].error, TransferError)
    assert "retention policy" in report.failures[0].error.problem
    assert route.names() == ["out/small"]


def test_parts_are_not_taken_for_objects(route: Route) -> None:
    """A run into the whole bucket does not stumble over what another one has under way."""
    hidden = ".trimaran-transfer/abc/def/0-5"
    route.gcs.blob(hidden).upload_from_string(b"12345")
    route.put("a", b"1")
    report, _ = route.run(target=f"gs://{route.name}")
    assert report.complete
    assert {blob.name for blob in storage.Client().list_blobs(route.name)} == {hidden, "a"}
