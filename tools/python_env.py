"""The project's virtual environment, made from requirements.lock.

pip installs one pinned package, uv, checked against its hash in the lock; uv installs the
rest, which takes seconds where pip takes minutes. A stamp written last says that the
environment is complete, so a killed set-up is simply run again.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools import paths
from tools.errors import SetupError
from tools.locking import exclusive
from tools.progress import say

LOCK = "requirements.lock"
STAMP = ".trimaran.json"
DISK_NEEDED = 3 * 2**30
NOT_COMPILED = r"[/\\](tests|pulumi_(aws|gcp|azure_native))[/\\]"
NETWORK_REMEDY = (
    "check the network, and the proxy or package index that pip is set up for "
    "(`pip config list`), then run it again: it goes on where it stopped"
)


def ensure(project: Path = paths.PROJECT) -> None:
    """Makes `.venv` match requirements.lock. Instant when it does; safe to run twice at once.

    Raises SetupError when a prerequisite is missing or the installation fails.
    """
    if is_current(project):
        return
    with exclusive(project / ".venv.lock", purpose="virtual environment"):
        if is_current(project):
            return
        _require_disk(project)
        venv = paths.venv(project)
        (venv / STAMP).unlink(missing_ok=True)
        if not _is_usable(venv):
            _create(venv)
        _install(project)
        _compile(project)
        (venv / STAMP).write_text(json.dumps(_wanted(project)))
        say("virtual environment: ready")


def is_current(project: Path) -> bool:
    """Whether `.venv` was completed from this very lock file, at this very path."""
    try:
        stamp = json.loads((paths.venv(project) / STAMP).read_text())
    except (OSError, ValueError):
        return False
    return bool(stamp == _wanted(project)) and paths.venv_python(project).exists()


def _wanted(project: Path) -> dict[str, str]:
    lock = (project / LOCK).read_bytes()
    # Console scripts carry the environment's absolute path: a moved clone needs a new one,
    # a link to an environment does not.
    path = paths.venv(project).resolve()
    return {"lock": hashlib.sha256(lock).hexdigest(), "path": str(path)}


def _is_usable(venv: Path) -> bool:
    """Whether an earlier environment can be brought up to date in place."""
    python = venv / "bin" / "python"
    check = (
        "import os, sys; sys.exit(sys.version_info < (3, 11) or "
        f"os.path.realpath(sys.prefix) != {str(venv.resolve())!r})"
    )
    return (
        python.exists()
        and subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
        and subprocess.run(
            [python, "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode
        == 0
    )


def _create(venv: Path) -> None:
    require_venv_module()
    version = ".".join(map(str, sys.version_info[:3]))
    say(f"virtual environment: creating {venv} with Python {version}")
    if venv.exists():
        shutil.rmtree(venv)
    result = subprocess.run(
        [sys.executable, "-m", "venv", venv], capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        shutil.rmtree(venv, ignore_errors=True)
        said = (result.stdout + result.stderr).strip()
        raise SetupError(
            f"{sys.executable} could not create {venv}:\n{said}", remedy=_venv_remedy()
        )


def require_venv_module() -> None:
    """Raises SetupError where Python came without venv or ensurepip, as on plain Debian."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            raise SetupError(
                f"{sys.executable} has no module `{module}`, so no virtual environment can be made",
                remedy=_venv_remedy(),
            )


def _venv_remedy() -> str:
    major, minor = sys.version_info[:2]
    return (
        f"Debian, Ubuntu: apt install python{major}.{minor}-venv (or python3-venv); "
        "elsewhere: a Python that has its venv module"
    )


def _require_disk(project: Path) -> None:
    free = shutil.disk_usage(project).free
    if free < DISK_NEEDED:
        raise SetupError(
            f"{project} has {free / 2**30:.1f} GiB free; the virtual environment needs "
            f"{DISK_NEEDED / 2**30:.0f} GiB",
            remedy="free some disk space, or clone where there is more",
        )


def _install(project: Path) -> None:
    python = paths.venv_python(project)
    if not _has_pinned_uv(project):
        say("virtual environment: installing uv")
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as pin:
            pin.write(_locked_entry(project, "uv"))
            pin.flush()
            options = ["--quiet", "--no-deps", "--require-hashes", "-r", pin.name]
            result = subprocess.run([python, "-m", "pip", "install", *options], check=False)
        if result.returncode != 0:
            raise SetupError("pip could not install uv", remedy=NETWORK_REMEDY)
    say(f"virtual environment: installing the packages of {LOCK}")
    with subprocess.Popen(
        [python.parent / "uv", "pip", "sync", "--require-hashes", "--python", python, LOCK],
        cwd=project,
        env=uv_environment(),
        stderr=subprocess.PIPE,
        text=True,
    ) as uv:
        assert uv.stderr is not None
        for line in uv.stderr:
            if not line.startswith((" + ", " - ", " ~ ")):  # its list of all 200 packages
                print(f"setup:   {line}", end="", file=sys.stderr, flush=True)
    if uv.returncode != 0:
        raise SetupError(f"uv could not install the packages of {LOCK}", remedy=NETWORK_REMEDY)


def _compile(project: Path) -> None:
    """Compiles the libraries that jobs and endpoints import: those keep no compiled modules.

    The SDKs of Pulumi's providers are left out: they are many times as large as what a program
    uses of them, which the first one compiles.
    """
    say("virtual environment: compiling")
    python = str(paths.venv_python(project))
    where = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    libraries = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    # Some packages bring templates that are no Python: they stay as they are.
    subprocess.run(
        [python, "-m", "compileall", "-qq", "-j", "0", "-x", NOT_COMPILED, libraries], check=False
    )


def _has_pinned_uv(project: Path) -> bool:
    uv = paths.venv(project) / "bin" / "uv"
    if not uv.exists():
        return False
    said = subprocess.run([uv, "--version"], capture_output=True, text=True, check=False).stdout
    pinned = _locked_entry(project, "uv").split("==")[1].split()[0]
    return said.split()[1:2] == [pinned]


def _locked_entry(project: Path, name: str) -> str:
    """The lock file's entry of one package, hashes included."""
    lock = (project / LOCK).read_text()
    found = re.search(rf"^{re.escape(name)}==.*(?:\n    --hash=.*)+", lock, flags=re.MULTILINE)
    if found is None:
        raise SetupError(f"{LOCK} has no entry for {name}", remedy="run `make lock`")
    return found.group(0) + "\n"


def uv_environment() -> dict[str, str]:
    """The environment for uv: no Python downloads, and pip's package index where one is set."""
    environ = dict(os.environ, UV_PYTHON_DOWNLOADS="never")
    environ.pop("VIRTUAL_ENV", None)
    if "PIP_INDEX_URL" in environ:
        environ.setdefault("UV_DEFAULT_INDEX", environ["PIP_INDEX_URL"])
    return environ
