"""A throw-away workspace: everything the program needs, nothing shared that could be harmed."""

from pathlib import Path

import pytest
import yaml

from tools import workspace

PROD = """\
encryptionsalt: v1:abc
secretsprovider: awskms://alias/x
encryptedkey: AAAA
config:
  trimaran:owner: ml
  trimaran:token:
    secure: v1:cipher
  trimaran:aws:
    keys: [{secure: v1:cipher}, plain]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for file, text in {
        "Pulumi.yaml": "name: trimaran\n",
        "Pulumi.local.yaml": "# why\nencryptionsalt: v1:local\n",
        "Pulumi.prod.yaml": PROD,
        "__main__.py": "import stacks\n",
        "stacks/__init__.py": "",
        "model_code/train.py": "epochs = 1\n",
        ".venv/bin/python": "",
        ".pulumi-state/x": "",
        ".sandbox/x": "",
        ".git/x": "",
    }.items():
        place = root / file
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return root


def test_it_has_the_program_and_none_of_the_projects_state(project: Path, tmp_path: Path) -> None:
    made = workspace.make(tmp_path / "made", project=project)
    assert sorted(path.name for path in made.iterdir()) == [
        ".venv",
        "Pulumi.local.yaml",
        "Pulumi.prod.yaml",
        "Pulumi.yaml",
        "__main__.py",
        "model_code",
        "stacks",
    ]
    assert (made / ".venv").resolve() == project / ".venv"


def test_edits_stay_in_it(project: Path, tmp_path: Path) -> None:
    made = workspace.make(tmp_path / "made", project=project)
    for file in ("model_code/train.py", "__main__.py", "Pulumi.local.yaml", "stacks/__init__.py"):
        (made / file).write_text("changed")
        assert (project / file).read_text() != "changed"


def test_modules_find_the_workspace_beside_themselves(project: Path, tmp_path: Path) -> None:
    made = workspace.make(tmp_path / "made", project=project)
    assert (made / "stacks" / "__init__.py").resolve().parents[1] == made.resolve()


def test_secrets_become_placeholders_and_keys_to_them_go(project: Path) -> None:
    content = yaml.safe_load(workspace.without_secrets(project / "Pulumi.prod.yaml"))
    assert content == {
        "config": {
            "trimaran:owner": "ml",
            "trimaran:token": workspace.PLACEHOLDER,
            "trimaran:aws": {"keys": [workspace.PLACEHOLDER, "plain"]},
        }
    }


def test_stack_local_keeps_its_salt(project: Path) -> None:
    local = project / "Pulumi.local.yaml"
    assert workspace.without_secrets(local) == local.read_text()


def test_very_large_files_are_linked(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace, "LARGE", 10)
    (project / "data").mkdir()
    (project / "data" / "large.csv").write_text("x" * 11)
    (project / "data" / "small.csv").write_text("x" * 10)
    made = workspace.make(tmp_path / "made", project=project)
    assert (made / "data" / "large.csv").is_symlink()
    assert not (made / "data" / "small.csv").is_symlink()
