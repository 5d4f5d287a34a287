"""A stack as the verbs handle it, over a stand-in for `pulumi`."""

import os
from pathlib import Path

import pytest

from tests.unit.tools import fakes
from tools import paths
from tools.errors import ToolError
from tools.stack import SandboxedStack, Stack


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """Stack local over a pulumi that notes its arguments and its input."""
    fakes.pulumi(tmp_path / "bin", "3.300.0")
    fakes.program(
        tmp_path / "bin" / "pulumi",
        f'if [ "$1" = version ]; then echo v3.300.0; exit; fi\n'
        f'echo "$@" >> {tmp_path}/journal\n'
        f'case "$*" in *import*) cat > {tmp_path}/imported;; *fail*) echo why >&2; exit 3;; esac',
    )
    project = tmp_path / "project"
    project.mkdir()
    (project / "Pulumi.yaml").write_text("name: trimaran\n")
    fakes.program(paths.venv_python(project), f'echo "$@" >> {tmp_path}/journal')
    environ = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}/usr/bin:/bin", "HOME": str(tmp_path)}
    return Stack(name="local", project=project, base=environ)


def journal(tmp_path: Path) -> list[str]:
    return (tmp_path / "journal").read_text().splitlines()


def test_a_stack_is_created_once_and_never_selected(stack: Stack, tmp_path: Path) -> None:
    stack.create()
    state = stack.project / ".pulumi-state" / ".pulumi" / "stacks" / "trimaran" / "local.json"
    state.parent.mkdir(parents=True)
    state.touch()
    stack.create()
    created = [line for line in journal(tmp_path) if line.startswith("stack init")]
    assert created == ["stack init local --no-select --non-interactive"]


def test_what_pulumi_says_when_it_fails_is_told(stack: Stack) -> None:
    with pytest.raises(ToolError, match="why"):
        stack.pulumi_json("fail")


def test_a_run_that_is_under_way_is_waited_for_and_not_taken_for_killed(stack: Stack) -> None:
    lock = stack.project / ".pulumi-state/.pulumi/locks/organization/trimaran/local/a.json"
    lock.parent.mkdir(parents=True)
    lock.write_text('{"pid": 1, "hostname": "elsewhere"}')
    with pytest.raises(ToolError, match="another run of pulumi works on stack local"):
        stack.clear_stale_locks()
    assert lock.exists()


def test_a_stopped_sandbox_is_told_and_no_login_is_looked_for_instead(stack: Stack) -> None:
    with pytest.raises(ToolError, match="the sandbox is not running"):
        stack.require_sandbox()
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        assert stack.environ[name] == os.devnull
    Stack(name="dev", project=stack.project, base=stack.base).require_sandbox()


def test_every_command_names_its_stack(stack: Stack, tmp_path: Path) -> None:
    assert stack.pulumi("up", "--yes") == 0
    assert journal(tmp_path)[-1] == "up --yes --stack local"


def test_a_throw_away_sandbox_takes_free_ports(stack: Stack, tmp_path: Path) -> None:
    stack.start_sandbox()
    assert journal(tmp_path) == ["-m sandbox start"]
    own = SandboxedStack(
        name="prod", project=stack.project, base=stack.base, sandbox_state=tmp_path / "state"
    )
    own.start_sandbox()
    assert journal(tmp_path)[-1] == "-m sandbox start --port 0"
    assert own.environ["PULUMI_BACKEND_URL"] == paths.backend(stack.project).as_uri()


def test_only_stack_local_is_the_sandboxs(stack: Stack) -> None:
    assert stack.sandboxed
    assert not Stack(name="prod", project=stack.project).sandboxed
