"""The virtual environment: when it counts as complete, and what is said when it cannot be made."""

import ast
import importlib.util
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from tests.unit.tools import fakes
from tools import paths, python_env, setup
from tools.errors import SetupError

Usage = namedtuple("Usage", "total used free")
LOCKED = "uv==9.9.9 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via -r x.txt\nx==1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "requirements.lock").write_text(LOCKED)
    return tmp_path


@pytest.fixture
def journal(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for the two slow steps and notes them."""
    steps: list[str] = []

    def create(venv: Path) -> None:
        steps.append("create")
        fakes.program(venv / "bin" / "python", f'exec "{sys.executable}" "$@"')

    monkeypatch.setattr(python_env, "_create", create)
    monkeypatch.setattr(python_env, "_install", lambda _: steps.append("install"))
    monkeypatch.setattr(python_env, "_compile", lambda _: None)
    monkeypatch.setattr(python_env, "_is_usable", lambda venv: (venv / "bin" / "python").exists())
    return steps


def test_a_complete_environment_is_left_alone(project: Path, journal: list[str]) -> None:
    python_env.ensure(project)
    python_env.ensure(project)
    assert journal == ["create", "install"]


def test_a_changed_lock_file_installs_again(project: Path, journal: list[str]) -> None:
    python_env.ensure(project)
    (project / "requirements.lock").write_text(LOCKED + "y==2\n")
    python_env.ensure(project)
    assert journal == ["create", "install", "install"]


def test_a_moved_project_is_not_current(project: Path, journal: list[str], tmp_path: Path) -> None:
    python_env.ensure(project)
    moved = shutil.copytree(project, tmp_path / "moved")
    assert python_env.is_current(project)
    assert not python_env.is_current(moved)


def test_a_linked_environment_is_current_where_it_is_linked(
    project: Path, journal: list[str], tmp_path: Path
) -> None:
    python_env.ensure(project)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "requirements.lock").write_text(LOCKED)
    (workspace / ".venv").symlink_to(project / ".venv")
    assert python_env.is_current(workspace)


def test_an_installation_that_broke_off_is_done_again(
    project: Path, journal: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Path) -> None:
        raise SetupError("no network", remedy="connect")

    with monkeypatch.context() as patch:
        patch.setattr(python_env, "_install", broken)
        with pytest.raises(SetupError):
            python_env.ensure(project)
    assert not python_env.is_current(project)
    python_env.ensure(project)
    assert journal == ["create", "install"]


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_is_told_the_package_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == module else found(name)
    )
    with pytest.raises(SetupError, match=f"no module `{module}`") as error:
        python_env._create(tmp_path / ".venv")
    major, minor = sys.version_info[:2]
    assert f"apt install python{major}.{minor}-venv" in error.value.remedy


def test_a_full_disk_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 2**30))
    with pytest.raises(SetupError, match=r"1\.0 GiB free"):
        python_env.ensure(project)


def test_uv_is_installed_by_its_hashes(project: Path) -> None:
    assert python_env._locked_entry(project, "uv") == (
        "uv==9.9.9 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    )
    with pytest.raises(SetupError, match="no entry for nothing"):
        python_env._locked_entry(project, "nothing")


def test_uv_downloads_no_python_and_follows_pips_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "https://mirror.example/simple")
    monkeypatch.setenv("VIRTUAL_ENV", "/elsewhere")
    environ = python_env.uv_environment()
    assert environ["UV_PYTHON_DOWNLOADS"] == "never"
    assert environ["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert "VIRTUAL_ENV" not in environ


def test_without_network_the_remedy_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python_env, "_has_pinned_uv", lambda _: False)
    fakes.program(paths.venv_python(project), "exit 1")
    with pytest.raises(SetupError, match="pip could not install uv") as error:
        python_env._install(project)
    assert "network" in error.value.remedy


def test_the_entry_parses_on_old_pythons() -> None:
    for module in (Path(setup.__file__), Path(setup.__file__).with_name("__init__.py")):
        ast.parse(module.read_text(), feature_version=(3, 5))


def test_too_old_a_python_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit) as stop:
        setup.require_python()
    assert stop.value.code == 1
    said = capsys.readouterr().err
    assert "Python 3.11 to 3.13 is needed" in said
    assert "is 3.9" in said
    assert "apt install" in said


def test_too_old_a_python_hands_over_to_a_newer_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes.program(tmp_path / "python3.13", "exit 1")  # a shim with nothing behind it
    real = fakes.program(tmp_path / "python3.12", "exit 0")
    calls: list[tuple[str, list[str]]] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["setup", "--without-engine"])
    monkeypatch.setenv("PATH", str(tmp_path))

    def execv(path: str, arguments: list[str]) -> None:
        calls.append((path, arguments))
        raise SystemExit(0)

    monkeypatch.setattr("os.execv", execv)
    with pytest.raises(SystemExit):
        setup.require_python()
    assert calls == [(str(real), [str(real), "-m", "tools.setup", "--without-engine"])]


def test_a_full_set_up_of_a_tiny_lock_file_needs_no_second_install(tmp_path: Path) -> None:
    """The stamp lies in the environment that was really made, by the real venv module."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    assert not python_env._is_usable(tmp_path / ".venv")


def test_what_jobs_import_is_compiled_and_the_providers_sdks_are_not(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / ".venv"], check=True)
    (libraries,) = (tmp_path / ".venv" / "lib").glob("python*/site-packages")
    for name in ("library/code.py", "library/tests/test_code.py", "pulumi_aws/code.py"):
        (libraries / name).parent.mkdir(parents=True, exist_ok=True)
        (libraries / name).write_text("VALUE = 1\n")
    (libraries / "library" / "template.py").write_text("{% no Python %}")
    python_env._compile(tmp_path)
    compiled = [path.relative_to(libraries) for path in libraries.rglob("*.pyc")]
    assert [path.parts[0] for path in compiled] == ["library"]
    assert compiled[0].name.startswith("code.")
