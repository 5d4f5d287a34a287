"""Azurite's set-up: once, whole or not at all, with a remedy."""

import json
import os
import stat
from pathlib import Path

import pytest

from sandbox.azure.blobs import place
from tools import azurite
from tools.errors import SetupError

NPM = """#!/bin/sh
[ "$1" = ci ] || exit 9
[ -f package-lock.json ] || exit 8
echo run >> "$CALLS"
[ -z "$FAIL" ] || { echo "npm error network"; exit 1; }
mkdir -p node_modules/azurite && echo '{}' > node_modules/azurite/package.json
"""
NODE = "#!/bin/sh\necho v20.1.0\n"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A cache of its own, and a node and an npm that tell what they were asked."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in (("npm", NPM), ("node", NODE)):
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "CALLS": str(tmp_path / "calls"),
        "FAIL": "",
    }


def test_it_is_installed_once(environ: dict[str, str]) -> None:
    assert place.azurite(environ) is None
    found = azurite.obtain(environ)
    assert place.azurite(environ) == found / "node_modules" / "azurite"
    assert stat.S_IMODE(found.stat().st_mode) == 0o755
    azurite.obtain(environ)
    assert Path(environ["CALLS"]).read_text() == "run\n"


def test_a_failure_leaves_nothing_and_says_what_to_do(environ: dict[str, str]) -> None:
    with pytest.raises(SetupError, match="npm error network") as caught:
        azurite.obtain({**environ, "FAIL": "yes"})
    assert "registry" in caught.value.remedy
    directory = place.directory(environ)
    assert [path.name for path in directory.parent.iterdir()] == [f"{directory.name}.lock"]
    azurite.obtain(environ)


def test_an_old_node_is_not_taken(environ: dict[str, str]) -> None:
    node = Path(environ["PATH"].split(os.pathsep)[0]) / "node"
    assert place.node(environ) == str(node)
    node.write_text("#!/bin/sh\necho v16.20.0\n")
    assert place.node(environ) is None


def test_the_lock_file_names_no_registry_and_checks_every_package() -> None:
    packages = json.loads(place.LOCK.read_text())["packages"]
    fetched = {name: entry for name, entry in packages.items() if name and not entry.get("link")}
    assert fetched
    for name, entry in fetched.items():
        assert "resolved" not in entry, name
        assert entry.get("integrity"), name
    wanted = json.loads(place.PACKAGE.read_text())["dependencies"]["azurite"]
    assert packages["node_modules/azurite"]["version"] == wanted
