"""Child processes: what they see, and that none outlives its time."""

import os
import sys
import time
from pathlib import Path

import pytest

from sandbox.jobs import Job, JobRunner
from sandbox.processes import Process, ProcessGroup, isolation
from tests.sandbox.running import eventually

ENVIRONMENT = {"PATH": os.environ.get("PATH", os.defpath)}


def python(code: str, tmp_path: Path, **fields: object) -> Process:
    return Process(
        name="main",
        argv=[sys.executable, "-c", code],
        env=ENVIRONMENT,
        cwd=tmp_path,
        **fields,  # type: ignore[arg-type]
    )


def run(process: Process, tmp_path: Path, **fields: bool) -> tuple[dict[str, int], list[str]]:
    lines: list[str] = []
    group = ProcessGroup(
        [process],
        log_directory=tmp_path / "logs",
        on_line=lambda _, line: lines.append(line),
        **fields,
    )
    group.start()
    codes = group.wait(30)
    assert codes is not None
    return codes, lines


def entries_of_opt() -> list[str]:
    return sorted(path.name for path in Path("/opt").iterdir())


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_output_and_exit_code_come_back(tmp_path: Path) -> None:
    codes, lines = run(
        python("import sys; print('one'); sys.stderr.write('a\\rb\\n'); sys.exit(7)", tmp_path),
        tmp_path,
    )
    assert codes == {"main": 7}
    assert sorted(lines) == ["b", "one"]
    assert "one" in (tmp_path / "logs" / "main.log").read_text()


def test_grandchildren_that_left_their_session_end_too(tmp_path: Path) -> None:
    code = (
        "import os,subprocess,sys\n"
        "child = subprocess.Popen([sys.executable,'-c','import time; time.sleep(600)'],"
        "start_new_session=True)\n"
        "print(child.pid, flush=True)"
    )
    _, lines = run(python(code, tmp_path), tmp_path)
    eventually(lambda: not alive(int(lines[0])), 5)


def test_a_process_that_ignores_sigterm_is_killed_after_the_grace(tmp_path: Path) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(99)"
    )
    seen: list[str] = []
    group = ProcessGroup(
        [python(code, tmp_path)],
        log_directory=tmp_path / "logs",
        on_line=lambda _, line: seen.append(line),
    )
    group.start()
    eventually(lambda: seen)
    began = time.monotonic()
    group.stop(0.5)
    assert group.wait(10) == {"main": -9}
    assert 0.4 < time.monotonic() - began < 5


def test_opt_ml_is_private_and_the_machines_opt_stays(tmp_path: Path) -> None:
    if not isolation().mounts:
        pytest.skip("this kernel permits no private mounts")
    (tmp_path / "ml").mkdir()
    (tmp_path / "ml" / "given").write_text("x")
    before = entries_of_opt()
    code = (
        "import os; print(os.listdir('/opt/ml')); open('/opt/ml/made', 'w').close()\n"
        "print(sorted(os.listdir('/opt')))"
    )
    codes, lines = run(python(code, tmp_path, opt_ml=tmp_path / "ml"), tmp_path)
    assert codes == {"main": 0}, lines
    assert lines == ["['given']", str(sorted({*before, "ml"}))]
    assert (tmp_path / "ml" / "made").exists()
    assert entries_of_opt() == before


def test_an_isolated_process_reaches_itself_only(tmp_path: Path) -> None:
    if not isolation().network:
        pytest.skip("this kernel permits no network namespaces")
    code = (
        "import socket\n"
        "s = socket.create_server(('127.0.0.1', 0)); socket.create_connection(s.getsockname())\n"
        "try: socket.create_connection(('192.0.2.1', 80), 2)\n"
        "except OSError as error: print(error.errno)"
    )
    codes, lines = run(python(code, tmp_path), tmp_path, isolate_network=True)
    assert codes == {"main": 0}
    assert lines == ["101"]


def test_jobs_beyond_the_limit_wait_their_turn(tmp_path: Path) -> None:
    runner = JobRunner(tmp_path, slots=2)
    now, most = [0], [0]

    def work(job: Job) -> None:
        now[0] += 1
        most[0] = max(most[0], now[0])
        time.sleep(0.05)
        now[0] -= 1

    jobs = [runner.submit("test", str(number), work) for number in range(6)]
    for job in jobs:
        assert job.finished.wait(10)
    assert most[0] == 2


def test_a_job_is_ended_at_its_time_limit(tmp_path: Path) -> None:
    runner = JobRunner(tmp_path, slots=1)
    outcomes = []

    def work(job: Job) -> None:
        outcomes.append(
            job.run(
                [python("import time; time.sleep(60)", tmp_path)],
                on_line=lambda *_: None,
                timeout=0.3,
                grace=0.5,
            )
        )

    assert runner.submit("test", "long", work).finished.wait(20)
    assert outcomes[0].timed_out
    assert not outcomes[0].succeeded
