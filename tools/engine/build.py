"""The engine built from its pinned Go module, for where no release bundle can be had."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tools.engine import version
from tools.errors import SetupError
from tools.progress import Failed, run_watched, say

SOURCE = Path(__file__).parent / "source"
MODULE = "github.com/pulumi/pulumi"
MAIN = f"{MODULE}/pkg/v3/cmd/pulumi"
STAMP = f"{MODULE}/sdk/v3/go/common/version.Version"
DISK_NEEDED = 5 * 2**30
TOOLCHAIN_SINCE = (1, 21)
SDK_SCRIPTS = (
    "python/cmd/pulumi-language-python-exec",
    "python/dist/pulumi-resource-pulumi-python",
)


def build(into: Path, *, environ: Mapping[str, str] = os.environ) -> None:
    """Builds `pulumi` into the directory `into`, with the SDK's scripts for Python beside it.

    Resumes by itself: Go keeps fetched modules and compiled packages in its own caches.
    Raises SetupError naming what is missing.
    """
    environ = _go_environment(environ)
    go = require_go(environ)
    _require_disk(go, environ)
    log = into.parent / f"{version.WANTED}-build.log"
    log.write_text("")
    try:
        packages = _fetch(go, environ, log)
        _compile(go, environ, log, packages=packages, target=into / "pulumi")
        _copy_scripts(go, environ, into)
    except Failed as failure:
        raise _explained(failure, log) from failure


def needed_go() -> tuple[int, int]:
    """The oldest Go that can build it, from go.mod."""
    found = re.search(r"^go (\d+)\.(\d+)", (SOURCE / "go.mod").read_text(), flags=re.MULTILINE)
    assert found is not None
    return int(found[1]), int(found[2])


def require_go(environ: Mapping[str, str]) -> str:
    """The path of a Go that can build it. Raises SetupError when there is none."""
    need = ".".join(map(str, needed_go()))
    remedy = (
        f"install Go {need} or newer (https://go.dev/dl; a distribution's package may be older), "
        f"or put pulumi {version.WANTED} on PATH"
    )
    go = shutil.which("go", path=environ.get("PATH"))
    if go is None:
        raise SetupError(
            "the engine must be built from source, and there is no `go`", remedy=remedy
        )
    said = _go_output(go, ["env", "GOVERSION", "GOTOOLCHAIN"], environ).split("\n")
    found = re.match(r"(?:go|devel go)(\d+)\.(\d+)", said[0])
    have = (int(found[1]), int(found[2])) if found else (0, 0)
    fetches_toolchains = have >= TOOLCHAIN_SINCE and [*said, ""][1] not in {"local", "path"}
    if have < needed_go() and not fetches_toolchains:
        raise SetupError(
            f"the engine must be built from source, and {go} is {said[0] or 'too old'}",
            remedy=remedy,
        )
    return go


def _go_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Settings of the user's own that would change the build are put aside."""
    # Without cgo no C compiler is needed, and the result runs on any libc.
    return {**environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOWORK": "off"}


def _go_output(go: str, arguments: list[str], environ: Mapping[str, str]) -> str:
    result = subprocess.run(
        [go, *arguments],
        cwd=SOURCE.parent,
        env=dict(environ),
        capture_output=True,
        text=True,
        check=False,
    )
    return result.stdout.strip()


def _require_disk(go: str, environ: Mapping[str, str]) -> None:
    for directory in _go_output(go, ["env", "GOCACHE", "GOMODCACHE"], environ).split("\n"):
        place = Path(directory or "/")
        while not place.exists():
            place = place.parent
        free = shutil.disk_usage(place).free
        if free < DISK_NEEDED:
            raise SetupError(
                f"{place} has {free / 2**30:.1f} GiB free; building the engine needs "
                f"{DISK_NEEDED >> 30} GiB for Go's caches",
                remedy="free some space, or point GOCACHE and GOMODCACHE to a larger disk",
            )


def _fetch(go: str, environ: Mapping[str, str], log: Path) -> int:
    """Brings in the modules that are needed. Returns how many packages there are to compile."""
    say("engine: fetching its Go modules")
    lines = run_watched(
        [go, "list", "-deps", MAIN],
        cwd=SOURCE,
        environ=environ,
        log=log,
        status=lambda count, _: f"{count} modules fetched",
    )
    return sum(not line.startswith("go: ") for line in lines)


def _compile(
    go: str, environ: Mapping[str, str], log: Path, *, packages: int, target: Path
) -> None:
    say(f"engine: compiling {packages} Go packages (4 to 11 minutes on 2 cores, once a machine)")
    run_watched(
        [
            go,
            "build",
            "-v",
            "-trimpath",
            "-buildvcs=false",
            "-ldflags",
            f"-s -w -X {STAMP}=v{version.WANTED}",
            "-o",
            str(target),
            MAIN,
        ],
        cwd=SOURCE,
        environ=environ,
        log=log,
        status=lambda count, line: f"{count} of at most {packages} packages  {line}",
    )


def _copy_scripts(go: str, environ: Mapping[str, str], into: Path) -> None:
    """The SDK's own scripts, so that they are always of the engine's version."""
    sdk = _sdk_directory(go, environ)
    for script in SDK_SCRIPTS:
        target = into / Path(script).name
        shutil.copyfile(sdk / script, target)
        target.chmod(0o755)


def _sdk_directory(go: str, environ: Mapping[str, str]) -> Path:
    """Where Go keeps the SDK's module."""
    command = [go, "list", "-m", "-f", "{{.Dir}}", f"{MODULE}/sdk/v3"]
    result = subprocess.run(
        command, cwd=SOURCE, env=dict(environ), capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise Failed(command, result.returncode, result.stderr.splitlines())
    return Path(result.stdout.strip())


def _explained(failure: Failed, log: Path) -> SetupError:
    """Go's own words, with the remedy that fits them."""
    causes = {
        r"no space left": "free some disk space, then run it again",
        r"dial tcp|no such host|i/o timeout|TLS handshake|connection re|proxyconnect": (
            "check the network and Go's module proxy (`go env GOPROXY`), then run it again: "
            "it goes on where it stopped"
        ),
        r"signal: killed|cannot allocate memory": (
            "the machine ran out of memory; close something (2 GiB are enough), then run it again"
        ),
        r"toolchain": "install the newer Go it asks for from https://go.dev/dl",
    }
    remedy = f"run it again; if it ends the same way, the full log is {log}"
    for pattern, text in causes.items():
        if re.search(pattern, failure.tail):
            remedy = text
            break
    return SetupError(f"the engine could not be built:\n{failure.tail}", remedy=remedy)
