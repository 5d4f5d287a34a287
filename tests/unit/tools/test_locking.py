"""The set-up lock: one holder, and none that outlives its process."""

import multiprocessing
import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tools.locking import exclusive

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SPAWN = multiprocessing.get_context("fork")


def _hold(path: Path, journal: Path, name: str, seconds: float) -> None:
    with exclusive(path, purpose="test"):
        with journal.open("a") as lines:
            lines.write(f"{name} in\n")
        time.sleep(seconds)
        with journal.open("a") as lines:
            lines.write(f"{name} out\n")


def _start(path: Path, journal: Path, name: str, seconds: float) -> BaseProcess:
    process = SPAWN.Process(target=_hold, args=(path, journal, name, seconds))
    process.start()
    return process


def test_holders_never_overlap(tmp_path: Path) -> None:
    lock, journal = tmp_path / "lock", tmp_path / "journal"
    processes = [_start(lock, journal, name, 0.2) for name in "abc"]
    for process in processes:
        process.join(timeout=20)
    lines = journal.read_text().split("\n")[:-1]
    assert len(lines) == 6
    for entered, left in zip(lines[::2], lines[1::2], strict=True):
        assert entered.split()[0] == left.split()[0]


def test_a_killed_holder_blocks_nobody(tmp_path: Path) -> None:
    lock, journal = tmp_path / "lock", tmp_path / "journal"
    holder = _start(lock, journal, "a", 60)
    while not journal.exists():
        time.sleep(0.02)
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(timeout=20)
    started = time.monotonic()
    with exclusive(lock, purpose="test"):
        assert time.monotonic() - started < 2


def test_who_waits_says_for_whom(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lock, journal = tmp_path / "lock", tmp_path / "journal"
    holder = _start(lock, journal, "a", 0.5)
    while not journal.exists():
        time.sleep(0.02)
    with exclusive(lock, purpose="engine"):
        pass
    assert f"engine: waiting for process {holder.pid}" in capfd.readouterr().err
    holder.join(timeout=20)
