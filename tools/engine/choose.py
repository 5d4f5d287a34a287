"""Which engine to use: the order of choice, and the cache."""

import filecmp
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools import paths
from tools.engine import build, bundle, version
from tools.locking import exclusive
from tools.progress import say

LANGUAGE_HOST = "pulumi-language-python"
OWN_HOST = Path(__file__).parent / "host" / LANGUAGE_HOST


@dataclass(frozen=True, kw_only=True)
class Engine:
    """A usable engine. `directories` go in front of PATH, in this order."""

    pulumi: Path
    version: str
    origin: str
    directories: tuple[Path, ...]


def find(environ: Mapping[str, str] = os.environ) -> Engine | None:
    """The engine that is there already: on PATH, else in the cache; None if neither."""
    return _on_path(environ) or _in_cache(paths.engine_cache(environ))


def obtain(environ: Mapping[str, str] = os.environ) -> Engine:
    """The engine, fetched or built first where there is none. Safe to run twice at once.

    Raises SetupError with the remedy when it can be neither fetched nor built.
    """
    found = find(environ)
    if found is not None:
        _place_host(found)
        return found
    cache = paths.engine_cache(environ)
    with exclusive(cache / f"{version.WANTED}.lock", purpose="engine"):
        found = _in_cache(cache)
        if found is not None:
            _place_host(found)
            return found
        _remove_half_made(cache)
        say(f"engine: no pulumi {version.WANTED} on PATH or in {cache}")
        no_bundle = _fill(cache, "bundle", bundle.download)
        if no_bundle is not None:
            say(f"engine: no release bundle ({no_bundle}); building from source instead")
            _fill(cache, "source", lambda into: build.build(into, environ=environ))
    found = _in_cache(cache)
    assert found is not None
    _place_host(found)
    say(f"engine: pulumi {found.version} is in {found.pulumi.parent}")
    return found


def _on_path(environ: Mapping[str, str]) -> Engine | None:
    search = environ.get("PATH", os.defpath)
    pulumi = shutil.which("pulumi", path=search)
    if pulumi is None:
        return None
    directory = Path(pulumi).resolve().parent
    if paths.engine_cache(environ).resolve() in directory.parents:
        return None  # ours, put there by `make env`: the cache knows more about it
    said = _version_of(pulumi)
    if said is None or not version.is_compatible(said):
        return None
    if shutil.which(LANGUAGE_HOST, path=f"{directory}{os.pathsep}{search}") is None:
        return None
    return Engine(pulumi=Path(pulumi), version=said, origin="PATH", directories=())


def _version_of(pulumi: str) -> str | None:
    environ = dict(os.environ, PULUMI_SKIP_UPDATE_CHECK="true")
    try:
        result = subprocess.run(
            [pulumi, "version"],
            capture_output=True,
            text=True,
            env=environ,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return result.stdout.strip().removeprefix("v") if result.returncode == 0 else None


def _in_cache(cache: Path) -> Engine | None:
    directory = cache / version.WANTED
    try:
        origin = json.loads((directory / "origin.json").read_text())["origin"]
    except (OSError, ValueError, KeyError):
        return None
    pulumi = directory / "pulumi"
    if not os.access(pulumi, os.X_OK):
        return None
    return Engine(pulumi=pulumi, version=version.WANTED, origin=origin, directories=(directory,))


def _place_host(engine: Engine) -> None:
    """Puts this project's language host beside an engine built from source.

    Beside, not on PATH by itself: Pulumi warns on every run of a host that it finds
    anywhere else. A newer clone's host replaces an older one's, by one rename.
    """
    target = engine.pulumi.parent / LANGUAGE_HOST
    if engine.origin != "source":
        return
    if target.exists() and filecmp.cmp(OWN_HOST, target, shallow=False):
        return
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as copy:
        copy.write(OWN_HOST.read_bytes())
    Path(copy.name).chmod(0o755)
    Path(copy.name).rename(target)


def _fill(cache: Path, origin: str, make: Callable[[Path], None]) -> str | None:
    """Makes one cache entry, whole or not at all. The reason if there is nothing to be had."""
    try:
        with _entry(cache, origin) as directory:
            make(directory)
    except bundle.NotAvailable as reason:
        return str(reason)
    return None


@contextmanager
def _entry(cache: Path, origin: str) -> Iterator[Path]:
    """A new directory that becomes the cache entry by one rename when the body succeeds."""
    directory = Path(tempfile.mkdtemp(prefix=f".{version.WANTED}-", dir=cache))
    try:
        yield directory
        directory.chmod(0o755)
        about = {"origin": origin, "version": version.WANTED}
        (directory / "origin.json").write_text(json.dumps(about) + "\n")
        final = cache / version.WANTED
        if final.exists():  # unusable, or it would have been found
            shutil.rmtree(final)
        directory.rename(final)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _remove_half_made(cache: Path) -> None:
    """What killed set-ups left. Called with the lock held, so nobody is working there."""
    for leftover in cache.glob(f".{version.WANTED}-*"):
        shutil.rmtree(leftover, ignore_errors=True)
