"""Locks of the file backend: those of the dead go, those of the living stay."""

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tools import stale_lock


@pytest.fixture
def running(tmp_path: Path) -> Iterator[int]:
    """The id of a process called `pulumi`."""
    sleep = shutil.which("sleep")
    assert sleep is not None
    pulumi = tmp_path / "pulumi"
    shutil.copy(os.path.realpath(sleep), pulumi)
    process = subprocess.Popen([pulumi, "60"])
    yield process.pid
    process.kill()
    process.wait()


def lock(backend: Path, *, pid: int, host: str = "", taken: datetime | None = None) -> Path:
    place = backend / ".pulumi" / "locks" / "organization" / "trimaran" / "local" / "a.json"
    place.parent.mkdir(parents=True, exist_ok=True)
    about = {
        "pid": pid,
        "username": "me",
        "hostname": host or socket.gethostname(),
        "timestamp": (taken or datetime.now(tz=UTC)).isoformat().replace("+00:00", "Z"),
    }
    place.write_text(json.dumps(about))
    place.with_name("a.json.attrs").write_text("{}")
    return place


def dead_process() -> int:
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_the_lock_of_a_dead_process_goes_with_its_attributes(tmp_path: Path) -> None:
    place = lock(tmp_path, pid=dead_process())
    assert stale_lock.clear(tmp_path) == [place]
    assert list(place.parent.iterdir()) == []


def test_the_lock_of_a_running_pulumi_stays(tmp_path: Path, running: int) -> None:
    place = lock(tmp_path, pid=running)
    assert stale_lock.clear(tmp_path) == []
    assert place.exists()


def test_a_process_id_used_again_does_not_count_as_the_owner(tmp_path: Path, running: int) -> None:
    lock(tmp_path, pid=os.getpid())  # alive, but no pulumi
    assert len(stale_lock.clear(tmp_path)) == 1
    lock(tmp_path, pid=running, taken=datetime.now(tz=UTC) - timedelta(hours=1))
    assert len(stale_lock.clear(tmp_path)) == 1


def test_the_lock_of_another_host_stays(tmp_path: Path) -> None:
    place = lock(tmp_path, pid=dead_process(), host="elsewhere")
    assert stale_lock.clear(tmp_path) == []
    assert place.exists()


def test_what_does_not_read_as_a_lock_stays(tmp_path: Path) -> None:
    place = lock(tmp_path, pid=1)
    for text in ("", "[]", "{}", '{"pid": "x"}'):
        place.write_text(text)
        assert stale_lock.clear(tmp_path) == []
