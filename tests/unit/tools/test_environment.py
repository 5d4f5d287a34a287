"""`make env`: values survive the shell, and stack local never mixes with a real account."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.unit.tools import fakes
from tools import environment, paths
from tools.environment import applied, as_shell, changes
from tools.errors import SetupError, ToolError

NASTY = "a b'c\"d $HOME `id` \\ ü\n* ;#!"
SANDBOX = """\
export AWS_ENDPOINT_URL=http://127.0.0.1:5000
export AWS_ACCESS_KEY_ID='sandbox key'
export PULUMI_DEBUG_PROVIDERS=aws:1,gcp:2
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    directory = tmp_path / "it's a project"
    fakes.program(directory / ".venv" / "bin" / "python", f"cat <<'END'\n{SANDBOX}END")
    return directory


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    fakes.pulumi(tmp_path / "engine", "3.300.0")
    return {"PATH": f"{tmp_path / 'engine'}:/usr/bin:/bin", "HOME": str(tmp_path)}


def through_shell(script: str, before: dict[str, str]) -> dict[str, str]:
    """The environment that a shell has after `eval`."""
    result = subprocess.run(
        ["/bin/sh", "-c", 'eval "$SCRIPT"; unset SCRIPT; /usr/bin/env -0'],
        env={**before, "SCRIPT": script},
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = (entry.partition("=") for entry in result.stdout.split("\0") if entry)
    return {name: value for name, _, value in pairs if name not in {"PWD", "_", "SHLVL", "OLDPWD"}}


def test_every_value_survives_eval() -> None:
    after = through_shell(as_shell({"ODD": NASTY, "GONE": None}), {"GONE": "x", "PATH": "/bin"})
    assert after == {"ODD": NASTY, "PATH": "/bin"}


def test_what_eval_gives_is_what_the_tools_use(project: Path, environ: dict[str, str]) -> None:
    before = environ | {"AWS_PROFILE": "mine"}
    changed = changes(sandboxed=True, project=project, environ=before)
    assert through_shell(as_shell(changed), before) == applied(before, changed)


def test_stack_local_has_its_own_backend_passphrase_and_addresses(
    project: Path, environ: dict[str, str]
) -> None:
    after = applied(environ, changes(sandboxed=True, project=project, environ=environ))
    assert after["PULUMI_BACKEND_URL"] == paths.backend(project).as_uri()
    assert paths.backend(project).is_dir()
    assert after["PULUMI_CONFIG_PASSPHRASE"] == "trimaran-local"
    assert after["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] == "true"
    assert after["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5000"
    assert after["AWS_ACCESS_KEY_ID"] == "sandbox key"
    assert after["PULUMI_DEBUG_PROVIDERS"] == "aws:1,gcp:2"


def test_a_persons_own_account_does_not_reach_stack_local(
    project: Path, environ: dict[str, str]
) -> None:
    own = {
        "AWS_PROFILE": "mine",
        "AWS_SESSION_TOKEN": "t",
        "AWS_ENDPOINT_URL_S3": "https://real",
        "GOOGLE_OAUTH_ACCESS_TOKEN": "t",
        "GOOGLE_CLOUD_PROJECT": "mine",
        "CLOUDSDK_CORE_PROJECT": "mine",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/f",
    }
    after = applied(environ | own, changes(sandboxed=True, project=project, environ=environ | own))
    assert not own.keys() & after.keys()


def test_stack_local_does_not_reach_a_real_account(project: Path, environ: dict[str, str]) -> None:
    local = applied(environ, changes(sandboxed=True, project=project, environ=environ))
    after = applied(local, changes(sandboxed=False, project=project, environ=local))
    ours = ("AWS_", "GOOGLE_", "NO_GCE", "PULUMI_", "TRIMARAN_")
    assert {name for name in after if name.startswith(ours)} == {"PULUMI_SKIP_UPDATE_CHECK"}


def test_other_stacks_keep_a_persons_own_login(project: Path, environ: dict[str, str]) -> None:
    own = environ | {"AWS_PROFILE": "mine", "PULUMI_BACKEND_URL": "s3://ours"}
    after = applied(own, changes(sandboxed=False, project=project, environ=own))
    assert after["AWS_PROFILE"] == "mine"
    assert after["PULUMI_BACKEND_URL"] == "s3://ours"
    assert "PULUMI_CONFIG_PASSPHRASE" not in after


def test_path_leads_with_the_virtual_environment_and_does_not_grow(
    project: Path, environ: dict[str, str]
) -> None:
    once = applied(environ, changes(sandboxed=True, project=project, environ=environ))
    twice = applied(once, changes(sandboxed=True, project=project, environ=once))
    assert once["PATH"].split(os.pathsep)[0] == str(project / ".venv" / "bin")
    assert twice == once


def test_a_stopped_sandbox_gives_no_addresses(project: Path, environ: dict[str, str]) -> None:
    fakes.program(project / ".venv" / "bin" / "python", "echo export A=1; exit 1")
    after = applied(environ, changes(sandboxed=True, project=project, environ=environ))
    assert "A" not in after
    assert "PULUMI_BACKEND_URL" in after
    # Without these the clouds' SDKs would look for a login in the person's home.
    assert after["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert after["GOOGLE_APPLICATION_CREDENTIALS"] == os.devnull


def test_a_sandbox_of_ones_own_is_asked_for_its_addresses(
    project: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    fakes.program(project / ".venv" / "bin" / "python", 'echo "export WHICH=$SANDBOX_STATE"')
    state = tmp_path / "state"
    changed = changes(sandboxed=True, project=project, environ=environ, sandbox_state=state)
    assert changed["WHICH"] == str(state)
    assert changed["SANDBOX_STATE"] == str(state)


def test_without_engine_the_remedy_is_told(project: Path, tmp_path: Path) -> None:
    bare = {"PATH": "/nowhere", "HOME": str(tmp_path)}
    with pytest.raises(SetupError, match="make setup"):
        changes(sandboxed=False, project=project, environ=bare)


def test_an_unknown_stack_is_answered_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").touch()
    (tmp_path / "Pulumi.local.yaml").touch()
    environment.require_stack("dev", tmp_path)
    with pytest.raises(ToolError, match=r"no stack `dve`[\s\S]*one of dev, local"):
        environment.require_stack("dve", tmp_path)
