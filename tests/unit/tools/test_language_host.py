"""The small Python language host, over its own protocol, with no engine."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import language_pb2 as messages
from pulumi.runtime.proto import language_pb2_grpc

from tests.unit.tools import fakes
from tools.engine.choose import OWN_HOST

# Stands in for pulumi-language-python-exec: tells what it was given, ends as it is told.
RUNNER = """\
import json, os, pathlib, sys
about = {"arguments": sys.argv[1:], "config": os.environ["PULUMI_CONFIG"],
         "secret": os.environ["PULUMI_CONFIG_SECRET_KEYS"], "path": os.environ["PATH"]}
pathlib.Path("told.json").write_text(json.dumps(about))
sys.exit(int(pathlib.Path("status").read_text()))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    fakes.program(tmp_path / ".venv" / "bin" / "python", f'exec "{sys.executable}" "$@"')
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi-language-python-exec").write_text(RUNNER)
    (tmp_path / "bin" / "pulumi-language-python-exec").chmod(0o755)
    (tmp_path / "status").write_text("0")
    return tmp_path


def start(project: Path) -> tuple[subprocess.Popen[str], Any, grpc.Channel]:
    search = f"{project / 'bin'}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [sys.executable, OWN_HOST, "127.0.0.1:1"],
        cwd=project,
        env={**os.environ, "PATH": search},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    channel = grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}")
    return process, language_pb2_grpc.LanguageRuntimeStub(channel), channel


@pytest.fixture
def host(project: Path) -> Iterator[Any]:
    process, stub, channel = start(project)
    yield stub
    channel.close()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert process.stdout is not None
    process.stdout.close()


def info(project: Path, directory: Path | None = None, **options: str) -> messages.ProgramInfo:
    result = messages.ProgramInfo(
        root_directory=str(project),
        program_directory=str(directory or project),
        entry_point=".",
    )
    result.options.update(options)
    return result


def run(host: Any, project: Path, **fields: Any) -> messages.RunResponse:
    options = fields.pop("options", {"virtualenv": ".venv"})
    request = messages.RunRequest(
        project="p",
        stack="s",
        pwd=str(project),
        parallel=8,
        monitor_address="127.0.0.1:2",
        organization="o",
        config={"p:a": "1"},
        configSecretKeys=["p:a"],
        info=info(project, **options),
        **fields,
    )
    response = host.Run(request)
    assert isinstance(response, messages.RunResponse)
    return response


def told(project: Path) -> dict[str, Any]:
    result = json.loads((project / "told.json").read_text())
    assert isinstance(result, dict)
    return result


def test_a_program_gets_its_place_config_and_environment(host: Any, project: Path) -> None:
    response = run(host, project)
    assert (response.error, response.bail) == ("", False)
    about = told(project)
    assert set(about["arguments"]) == {
        "--project=p",
        "--stack=s",
        "--organization=o",
        "--monitor=127.0.0.1:2",
        "--engine=127.0.0.1:1",
        f"--pwd={project}",
        "--parallel=8",
        f"--root_directory={project}",
        str(project),
    }
    assert json.loads(about["config"]) == {"p:a": "1"}
    assert json.loads(about["secret"]) == ["p:a"]
    assert about["path"].startswith(f"{project / '.venv' / 'bin'}:")


def test_a_preview_is_a_dry_run(host: Any, project: Path) -> None:
    run(host, project, dryRun=True)
    assert "--dry_run=true" in told(project)["arguments"]


def test_a_program_that_told_the_person_bails(host: Any, project: Path) -> None:
    (project / "status").write_text("32")
    response = run(host, project)
    assert (response.error, response.bail) == ("", True)


def test_any_other_status_is_an_error(host: Any, project: Path) -> None:
    (project / "status").write_text("3")
    response = run(host, project)
    assert (response.error, response.bail) == ("the program ended with status 3", False)


def test_a_missing_virtual_environment_is_named(host: Any, project: Path) -> None:
    shutil.rmtree(project / ".venv")
    assert str(project / ".venv" / "bin" / "python") in run(host, project).error


def plugin(
    host: Any, project: Path, script: str, kind: str = "resource", **env: str
) -> list[messages.RunPluginResponse]:
    directory = project / "plugin"
    directory.mkdir()
    (directory / "__main__.py").write_text(script)
    request = messages.RunPluginRequest(
        pwd=str(project),
        args=["127.0.0.1:9"],
        env=[f"{name}={value}" for name, value in env.items()],
        kind=kind,
        info=info(project, directory),
    )
    return list(host.RunPlugin(request))


def test_a_plugins_output_status_and_environment_pass_through(host: Any, project: Path) -> None:
    script = """
import os, sys
print(sys.argv, os.getcwd(), os.environ["EXTRA"], flush=True)
print("oops", file=sys.stderr)
sys.exit(7)
"""
    responses = plugin(host, project, script, EXTRA="a=b")
    expected = f"['{project / 'plugin'}', '127.0.0.1:9'] {project} a=b\n"
    assert b"".join(response.stdout for response in responses).decode() == expected
    assert b"".join(response.stderr for response in responses) == b"oops\n"
    assert responses[-1].exitcode == 7
    assert [one.WhichOneof("output") for one in responses].count("exitcode") == 1


def test_a_plugins_port_arrives_while_it_runs(host: Any, project: Path) -> None:
    directory = project / "plugin"
    directory.mkdir()
    script = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    (directory / "__main__.py").write_text(script)
    call = host.RunPlugin(
        messages.RunPluginRequest(pwd=str(project), kind="resource", info=info(project, directory))
    )
    pid = int(next(call).stdout)
    call.cancel()
    assert_ends(pid)


def test_cancel_ends_what_runs(host: Any, project: Path) -> None:
    directory = project / "plugin"
    directory.mkdir()
    script = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
    (directory / "__main__.py").write_text(script)
    call = host.RunPlugin(
        messages.RunPluginRequest(pwd=str(project), kind="resource", info=info(project, directory))
    )
    pid = int(next(call).stdout)
    host.Cancel(empty_pb2.Empty())
    assert_ends(pid)


def assert_ends(pid: int) -> None:
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} still runs")


def test_the_host_of_a_killed_engine_ends(project: Path) -> None:
    script = f"""
import subprocess, sys, time
host = subprocess.Popen([sys.executable, {str(OWN_HOST)!r}, "x"], stdout=subprocess.PIPE)
host.stdout.readline()
print(host.pid, flush=True)
time.sleep(60)
"""
    engine = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert engine.stdout is not None
    pid = int(engine.stdout.readline())
    engine.kill()
    engine.wait()
    engine.stdout.close()
    assert_ends(pid)


def test_it_stays_small() -> None:
    assert len(OWN_HOST.read_text().splitlines()) <= 150
