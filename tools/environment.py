"""The shell environment in which plain `pulumi` works on a stack: `eval "$(make -s env)"`.

Stack `local` gets a file backend, a passphrase that guards nothing (the sandbox holds no
secrets) and the sandbox's addresses. Every other stack is the person's own: their login,
their credentials; what `local` had set before is taken back.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tools import paths
from tools.engine import find
from tools.errors import SetupError, ToolError, run_main

LOCAL = "local"
PASSPHRASE = "trimaran-local"  # noqa: S105 - documented; nothing is kept behind it
MARKER = "TRIMARAN_LOCAL"

KEPT = {"AWS_CA_BUNDLE"}
OWN = ("AWS_", "GOOGLE_", "GCLOUD_", "CLOUDSDK_", "ARM_", "AZURE_", "IDENTITY_", "MSI_")
"""Beginnings of the variables by which a person is signed in to a cloud."""

Changes = dict[str, str | None]
"""Variables to set, and those to unset (None)."""


def changes(
    *,
    sandboxed: bool,
    project: Path = paths.PROJECT,
    environ: Mapping[str, str] = os.environ,
    sandbox_state: Path | None = None,
) -> Changes:
    """What must change in `environ` to work on a stack.

    sandboxed:     whether the stack is on the sandbox, as `local` is.
    project:       the directory with Pulumi.yaml; a sandboxed stack keeps its state in there.
    sandbox_state: the sandbox's state directory, where it is not the project's own.

    Raises SetupError when no engine is set up.
    """
    # Whatever an earlier `make env` set for stack local must not reach a real account.
    result: Changes = dict.fromkeys(environ.get(MARKER, "").split())
    result[MARKER] = None
    if sandboxed:
        result |= _local(project, environ, sandbox_state)
        result[MARKER] = " ".join(sorted(name for name, value in result.items() if value))
    result["PATH"] = _path(project, environ)
    result["PULUMI_SKIP_UPDATE_CHECK"] = "true"
    return {name: value for name, value in result.items() if value is not None or name in environ}


def applied(environ: Mapping[str, str], changed: Changes) -> dict[str, str]:
    """`environ` after the changes."""
    result = {**environ, **changed}
    return {name: value for name, value in result.items() if value is not None}


def _local(project: Path, environ: Mapping[str, str], sandbox_state: Path | None) -> Changes:
    backend = paths.backend(project)
    backend.mkdir(parents=True, exist_ok=True)
    # A profile, a token or an endpoint of the person's own must not mix with the sandbox's.
    result: Changes = dict.fromkeys(
        name for name in environ if name.startswith(OWN) and name not in KEPT
    )
    result |= {
        "PULUMI_BACKEND_URL": backend.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_CONFIG_PASSPHRASE_FILE": None,
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # Nor must the person's own login be found while the sandbox does not run.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "GOOGLE_APPLICATION_CREDENTIALS": os.devnull,
        "NO_GCE_CHECK": "true",
    }
    if sandbox_state is not None:
        result["SANDBOX_STATE"] = str(sandbox_state)
    return result | sandbox(project, applied(environ, result))


def sandbox(project: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """The sandbox's addresses; empty when it is not running."""
    said = subprocess.run(
        [paths.venv_python(project), "-m", "sandbox", "env"],
        cwd=project,
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    return parse_exports(said.stdout) if said.returncode == 0 else {}


def parse_exports(text: str) -> dict[str, str]:
    """The variables of `export NAME=value` lines, quotes undone."""
    words = [shlex.split(line) for line in text.splitlines() if line.startswith("export ")]
    pairs = (word.partition("=") for _, *assignments in words for word in assignments)
    return {name: value for name, _, value in pairs}


def _path(project: Path, environ: Mapping[str, str]) -> str:
    engine = find(environ)
    if engine is None:
        raise SetupError("the Pulumi engine is not set up", remedy="run `make setup`")
    first = [str(paths.venv(project) / "bin"), *map(str, engine.directories)]
    rest = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([*first, *(entry for entry in rest if entry not in first)])


def as_shell(changed: Changes) -> str:
    """Lines for `eval`, each value quoted, in a steady order."""
    lines = [
        f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}"
        for name, value in sorted(changed.items())
    ]
    return "\n".join(lines) + "\n"


def require_stack(name: str, project: Path = paths.PROJECT) -> None:
    """Raises ToolError for a stack that has no settings file."""
    if not (project / f"Pulumi.{name}.yaml").exists():
        have = sorted(path.name.split(".")[1] for path in project.glob("Pulumi.*.yaml"))
        raise ToolError(
            f"there is no stack `{name}`: Pulumi.{name}.yaml does not exist",
            remedy=f"STACK is one of {', '.join(have) or '(none yet)'}",
        )


def main() -> int:
    """`python -m tools.environment [STACK]` prints the lines for `eval`."""
    stack = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    changed = changes(sandboxed=stack == LOCAL)
    if stack == LOCAL and "AWS_ENDPOINT_URL" not in changed:
        print("note: the sandbox is not running; `make up` starts it", file=sys.stderr)
    print(as_shell(changed), end="")
    return 0


if __name__ == "__main__":
    run_main(main)
