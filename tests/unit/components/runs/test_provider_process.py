"""The provider's program as the engine starts it: found, spoken to, and ended."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from components.runs.provider import VERSION
from plugin.values import UNKNOWN, from_struct, to_struct

ROOT = Path(__file__).parents[4]
PROGRAM = ROOT / "provider" / "pulumi-resource-trimaran"
URN = "urn:pulumi:dev::p::trimaran:index:QualityGate::gate"
INPUTS: dict[str, Any] = {
    "metrics": {"accuracy": 0.94},
    "minimums": {"accuracy": 0.9},
    "subject": "job",
    "remedy": "Lower it.",
}

Start = Callable[..., tuple[subprocess.Popen[str], provider_pb2_grpc.ResourceProviderStub]]


@pytest.fixture
def start() -> Iterator[Start]:
    processes: list[subprocess.Popen[str]] = []
    channels: list[grpc.Channel] = []

    def run(program: Path = PROGRAM, *, cwd: Path = ROOT) -> Any:
        process = subprocess.Popen(
            [str(program)],
            cwd=cwd,
            env={**os.environ, "TRIMARAN_PYTHON": sys.executable},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        channel = grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}")
        channels.append(channel)
        return process, provider_pb2_grpc.ResourceProviderStub(channel)

    yield run
    for channel in channels:
        channel.close()
    for process in processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_it_answers_with_its_version(start: Start) -> None:
    _, stub = start()
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == (VERSION)


def test_it_is_found_through_links_and_from_any_folder(start: Start, tmp_path: Path) -> None:
    (tmp_path / "folder").symlink_to(PROGRAM.parent)
    (tmp_path / "program").symlink_to("folder/pulumi-resource-trimaran")
    for program in (tmp_path / "folder" / PROGRAM.name, tmp_path / "program"):
        _, stub = start(program, cwd=tmp_path)
        assert stub.GetPluginInfo(empty_pb2.Empty())


def test_a_gate_is_checked_created_and_compared_over_the_wire(start: Start) -> None:
    _, stub = start()
    checked = stub.Check(provider_pb2.CheckRequest(urn=URN, news=to_struct(INPUTS)))
    assert not checked.failures
    created = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=checked.inputs))
    assert created.id == "gate"
    assert from_struct(created.properties)["passed"] == {"accuracy": 0.94}
    new = to_struct({**INPUTS, "minimums": {"accuracy": 0.99}})
    request = provider_pb2.DiffRequest(
        id="gate", urn=URN, olds=created.properties, old_inputs=checked.inputs, news=new
    )
    assert list(stub.Diff(request).diffs) == ["minimums"]
    with pytest.raises(grpc.RpcError) as failure:
        stub.Update(
            provider_pb2.UpdateRequest(id="gate", urn=URN, olds=created.properties, news=new)
        )
    assert str(failure.value.details()).startswith(
        "job is not good enough to be deployed: accuracy"
    )


def test_a_preview_judges_nothing_and_leaves_the_result_unknown(start: Start) -> None:
    _, stub = start()
    inputs = to_struct({**INPUTS, "metrics": UNKNOWN})
    created = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs, preview=True))
    assert from_struct(created.properties)["passed"] is UNKNOWN


def test_it_ends_quietly_when_told_to(start: Start) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        process, _ = start()
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 0
        assert errors == ""


def test_it_does_not_outlive_a_killed_engine(tmp_path: Path) -> None:
    # A shell stands in for the engine: it starts the provider, and is killed.
    engine = subprocess.Popen(
        ["/bin/sh", "-c", f"'{PROGRAM}' > '{tmp_path}/port' & echo $! > '{tmp_path}/pid'; wait"],
        env={**os.environ, "TRIMARAN_PYTHON": sys.executable},
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "port").exists() or not (tmp_path / "port").read_text().strip():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    provider = int((tmp_path / "pid").read_text())
    engine.kill()
    engine.wait()
    while Path(f"/proc/{provider}/stat").exists() and not is_zombie(provider):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_zombie(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_python_without_the_project_is_named_by_the_shell(tmp_path: Path) -> None:
    answer = subprocess.run(
        [str(PROGRAM)],
        env={"PATH": os.environ["PATH"], "TRIMARAN_PYTHON": str(tmp_path / "no-python")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode != 0
    assert "no-python" in answer.stderr


def test_without_any_choice_the_projects_own_environment_is_used(tmp_path: Path) -> None:
    # A copy of the program in a project whose environment has a Python that tells its name.
    shutil.copytree(PROGRAM.parent, tmp_path / "provider")
    own = tmp_path / ".venv" / "bin" / "python"
    own.parent.mkdir(parents=True)
    own.write_text('#!/bin/sh\necho "own $PYTHONPATH $*"\n')
    own.chmod(0o755)
    answer = subprocess.run(
        [str(tmp_path / "provider" / PROGRAM.name), "127.0.0.1:1"],
        env={"PATH": os.environ["PATH"], "VIRTUAL_ENV": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == f"own {tmp_path} -m components.runs 127.0.0.1:1\n"
