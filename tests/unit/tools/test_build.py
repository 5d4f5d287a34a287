"""Building the engine: each missing prerequisite is named, with its remedy."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from tests.unit.tools import fakes
from tools.engine import build
from tools.errors import SetupError
from tools.progress import Failed

Usage = namedtuple("Usage", "total used free")


def go(directory: Path, version: str, toolchain: str = "local") -> dict[str, str]:
    fakes.program(directory / "go", f"echo go{version}; echo {toolchain}")
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def test_no_go_is_named_with_the_version_to_install(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"there is no `go`") as error:
        build.require_go({"PATH": str(tmp_path)})
    need = ".".join(map(str, build.needed_go()))
    assert f"Go {need} or newer" in error.value.remedy
    assert "on PATH" in error.value.remedy


def test_too_old_a_go_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"is go1\.19\.8"):
        build.require_go(go(tmp_path, "1.19.8"))
    with pytest.raises(SetupError, match=r"is go1\.22\.1"):
        build.require_go(go(tmp_path, "1.22.1", toolchain="local"))


def test_an_older_go_that_fetches_its_successor_will_do(tmp_path: Path) -> None:
    environ = go(tmp_path, "1.22.1", toolchain="auto")
    assert build.require_go(environ) == str(tmp_path / "go")


def test_the_pinned_go_and_newer_will_do(tmp_path: Path) -> None:
    major, minor = build.needed_go()
    for fit in (f"{major}.{minor}.0", f"{major}.{minor + 5}rc1"):
        assert build.require_go(go(tmp_path, fit)) == str(tmp_path / "go")


def test_a_full_disk_is_named_before_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fakes.program(
        tmp_path / "go",
        f'case "$2" in GOVERSION) echo go9.9; echo local;; *) echo {tmp_path}/x/y;; esac',
    )
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 2**30))
    with pytest.raises(SetupError, match=r"1\.0 GiB free") as error:
        build.build(tmp_path / "into", environ={"PATH": f"{tmp_path}:/bin"})
    assert "GOCACHE" in error.value.remedy


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("dial tcp: lookup proxy: no such host", "GOPROXY"),
        ("write x.a: no space left on device", "disk"),
        ("compile: signal: killed", "memory"),
        ("something else", "the full log is"),
    ],
)
def test_a_failed_build_ends_in_gos_words_and_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str, remedy: str
) -> None:
    fakes.program(
        tmp_path / "go",
        'case "$1" in env) if [ "$2" = GOVERSION ]; then echo go9.9; else echo /; fi;; '
        f"*) echo {said!r}; exit 1;; esac",
    )
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(2**50, 0, 2**50))
    into = tmp_path / "cache" / "new"
    into.mkdir(parents=True)
    with pytest.raises(SetupError) as error:
        build.build(into, environ={"PATH": f"{tmp_path}:/bin"})
    assert said in error.value.problem
    assert remedy in error.value.remedy
    assert isinstance(error.value.__cause__, Failed)


def test_settings_of_the_users_own_do_not_reach_the_build() -> None:
    environ = build._go_environment({"GOFLAGS": "-mod=vendor", "GOWORK": "/x", "HOME": "/h"})
    assert environ["GOFLAGS"] == "-mod=readonly"
    assert environ["GOWORK"] == "off"
    assert environ["HOME"] == "/h"
