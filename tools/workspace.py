"""A throw-away copy of the project with a backend and a sandbox of its own.

For previews that must touch neither a tracked file nor the person's own stacks, and for
tests that change code and settings.
"""

import shutil
from pathlib import Path
from typing import Any

import yaml

from tools import paths
from tools.environment import LOCAL

LARGE = 64 * 2**20
PLACEHOLDER = "placeholder-of-a-secret"
ENCRYPTION = ("encryptionsalt", "secretsprovider", "encryptedkey")


def make(target: Path, *, project: Path = paths.PROJECT) -> Path:
    """Lays out a workspace in the directory `target` and returns it.

    Everything is a copy, so that modules that look for files beside themselves find the
    workspace's, except the virtual environment and very large files, which are links. The
    project's own state (stack, sandbox, git) stays behind.
    """
    target.mkdir(parents=True, exist_ok=True)
    for source in sorted(project.iterdir()):
        place = target / source.name
        if source.name == paths.venv().name:
            place.symlink_to(source)
        elif source.name.startswith("."):
            continue
        elif source.is_dir():
            # Times are kept, so the compiled modules that come along stay valid.
            shutil.copytree(source, place, symlinks=True, copy_function=_copy)
        elif source.name.startswith("Pulumi.") and source.suffix == ".yaml":
            place.write_text(without_secrets(source))
        else:
            _copy(str(source), str(place))
    return target


def _copy(source: str, place: str) -> None:
    if Path(source).stat().st_size > LARGE:
        Path(place).symlink_to(source)
    else:
        shutil.copy2(source, place)


def without_secrets(settings: Path) -> str:
    """A stack's settings file as it can be used without the keys to its secrets.

    Each secret becomes a placeholder, and the reference to the key goes; both are of no
    use to anybody but the stack's owner. Stack local has no secrets and stays as it is.
    """
    text = settings.read_text()
    content = yaml.safe_load(text)
    if settings.name in ("Pulumi.yaml", f"Pulumi.{LOCAL}.yaml") or not isinstance(content, dict):
        return text
    kept = {key: value for key, value in content.items() if key not in ENCRYPTION}
    return yaml.safe_dump(_plain(kept), sort_keys=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return PLACEHOLDER
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value
