"""Python packages of a job: opened, and put where Python finds them. There is no network."""

from collections.abc import Callable
from pathlib import Path

from sandbox.errors import JobError
from sandbox.gcp.context import Context
from sandbox.gcp.vertex.files import download, unpack


def install(
    context: Context, uris: list[str], directory: Path, say: Callable[[str], None]
) -> list[Path]:
    """Fetch and open packages; the directories to put on Python's path.

    A source distribution is used as it is, without a build, so it must be pure Python. What it
    requires is not installed: the job runs with the sandbox's own packages.

    Raises:
        JobError: an object is missing or is no package.
    """
    paths = []
    for number, uri in enumerate(uris):
        archive = directory / "archives" / uri.rsplit("/", 1)[-1]
        download(context, uri, archive)
        target = directory / f"package-{number}"
        unpack(archive, target)
        if archive.suffix == ".whl":
            paths.append(target)
            say(f"opened wheel {archive.name}; what it requires is taken from the sandbox")
            continue
        paths.append(_source_root(target, archive.name))
        say(f"opened {archive.name}; what it requires is taken from the sandbox")
    return paths


def _source_root(target: Path, name: str) -> Path:
    """Where a source distribution's packages are: its one directory, or ``src`` in that."""
    entries = [entry for entry in target.iterdir() if not entry.name.startswith(".")]
    root = target
    if len(entries) == 1 and entries[0].is_dir() and not (entries[0] / "__init__.py").exists():
        root = entries[0]
    if not any(root.iterdir()):
        raise JobError(f"package {name} is empty")
    return root / "src" if (root / "src").is_dir() else root
