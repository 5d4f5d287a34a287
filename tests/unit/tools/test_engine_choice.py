"""Which engine is used, and how the cache fills: whole, once, or not at all."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.tools import fakes
from tools.engine import build, bundle, choose, find, obtain, version
from tools.errors import SetupError


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "bin").mkdir()
    return {
        "PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
    }


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "trimaran" / "engine"


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("not to be called")

    monkeypatch.setattr(bundle, "download", refuse)
    monkeypatch.setattr(build, "build", refuse)


def cached(cache: Path, origin: str = "bundle") -> Path:
    directory = cache / version.WANTED
    fakes.pulumi(directory, version.WANTED)
    (directory / "origin.json").write_text(json.dumps({"origin": origin}))
    return directory


def no_bundle(into: Path) -> None:
    raise bundle.NotAvailable("no network")


def built(into: Path, **_: object) -> None:
    fakes.pulumi(into, version.WANTED, language_host=False)


def test_a_compatible_engine_on_path_comes_before_the_cache(
    environ: dict[str, str], cache: Path, tmp_path: Path
) -> None:
    fakes.pulumi(tmp_path / "bin", "3.300.1")
    cached(cache)
    engine = obtain(environ)
    assert (engine.origin, engine.version) == ("PATH", "3.300.1")
    assert engine.pulumi == tmp_path / "bin" / "pulumi"
    assert engine.directories == ()


@pytest.mark.parametrize("unfit", ["3.258.9", "4.0.0", "2.99.0", "nonsense"])
def test_an_incompatible_engine_on_path_is_passed_over(
    environ: dict[str, str], cache: Path, tmp_path: Path, unfit: str
) -> None:
    fakes.pulumi(tmp_path / "bin", unfit)
    cached(cache)
    assert obtain(environ).origin == "bundle"


def test_an_engine_without_python_language_host_is_passed_over(
    environ: dict[str, str], cache: Path, tmp_path: Path
) -> None:
    fakes.pulumi(tmp_path / "bin", version.WANTED, language_host=False)
    cached(cache)
    assert obtain(environ).origin == "bundle"


def test_the_cached_engine_on_path_still_counts_as_cached(
    environ: dict[str, str], cache: Path
) -> None:
    directory = cached(cache, "source")
    engine = find(environ | {"PATH": f"{directory}:{environ['PATH']}"})
    assert engine is not None
    assert (engine.origin, engine.directories) == ("source", (directory,))


def test_the_bundle_comes_before_a_build(
    environ: dict[str, str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "download", lambda into: fakes.pulumi(into, version.WANTED))
    engine = obtain(environ)
    assert engine.origin == "bundle"
    assert engine.pulumi == cache / version.WANTED / "pulumi"


def test_without_bundle_it_is_built_and_gets_this_projects_language_host(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "download", no_bundle)
    monkeypatch.setattr(build, "build", built)
    engine = obtain(environ)
    assert engine.origin == "source"
    host = engine.pulumi.parent / "pulumi-language-python"
    assert host.read_bytes() == choose.OWN_HOST.read_bytes()
    assert os.access(host, os.X_OK)


def test_a_newer_clone_renews_the_language_host_of_a_built_engine(
    environ: dict[str, str], cache: Path
) -> None:
    host = cached(cache, "source") / "pulumi-language-python"
    obtain(environ)
    assert host.read_bytes() == choose.OWN_HOST.read_bytes()


def test_the_bundles_own_language_host_is_left_alone(environ: dict[str, str], cache: Path) -> None:
    host = cached(cache, "bundle") / "pulumi-language-python"
    before = host.read_bytes()
    obtain(environ)
    assert host.read_bytes() == before


def test_a_failed_build_leaves_nothing(
    environ: dict[str, str], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(into: Path, **_: object) -> None:
        (into / "pulumi").write_text("half")
        raise SetupError("no go", remedy="install it")

    monkeypatch.setattr(bundle, "download", no_bundle)
    monkeypatch.setattr(build, "build", failing)
    with pytest.raises(SetupError, match="no go"):
        obtain(environ)
    assert [path.name for path in cache.iterdir()] == [f"{version.WANTED}.lock"]


def _obtain(environ: dict[str, str], journal: Path, seconds: float) -> None:
    def slow(into: Path, **_: object) -> None:
        with journal.open("a") as lines:
            lines.write("built\n")
        (into / "pulumi").write_text("half")
        time.sleep(seconds)
        built(into)

    bundle.download = no_bundle
    build.build = slow
    obtain(environ)


def _process(*arguments: object) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("fork").Process(target=_obtain, args=arguments)
    process.start()
    return process


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_at_once_build_once(environ: dict[str, str], tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    processes = [_process(environ, journal, 0.5) for _ in range(2)]
    for process in processes:
        process.join(timeout=20)
    assert [process.exitcode for process in processes] == [0, 0]
    assert journal.read_text() == "built\n"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_killed_build_is_no_engine_and_is_cleared_away(
    environ: dict[str, str], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = tmp_path / "journal"
    process = _process(environ, journal, 60.0)
    while not list(cache.glob(".*/pulumi")):
        time.sleep(0.02)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join(timeout=20)
    assert find(environ) is None

    monkeypatch.setattr(bundle, "download", no_bundle)
    monkeypatch.setattr(build, "build", built)
    assert obtain(environ).origin == "source"
    assert not list(cache.glob(".*"))


def test_the_sdk_and_the_engine_are_of_one_version() -> None:
    project = Path(choose.__file__).parents[2]
    assert f"pulumi=={version.WANTED}\n" in (project / "requirements.txt").read_text()
    assert f"pulumi/pkg/v3 v{version.WANTED}\n" in (build.SOURCE / "go.mod").read_text()
    assert f'VERSION = "{version.WANTED}"' in choose.OWN_HOST.read_text()
