"""Reproducible archives of code: the same input gives the same bytes, and so the same hash.

Nothing is compressed, since two builds of zlib may write the same input differently. Archives go
to ``.build/`` below the project, named after their content, and are uploaded from there.
"""

import ast
import gzip
import hashlib
import io
import os
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import pulumi

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD_DIRECTORY: Final = ROOT / ".build"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can carry
_IGNORED: Final = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})


class PackagingError(Exception):
    """A source cannot be archived; the text names it and says why."""


@dataclass(frozen=True, kw_only=True)
class CodeArchive:
    """An archive on disk and the SHA-256 (hex) of its bytes."""

    path: Path
    sha256: str

    @property
    def asset(self) -> pulumi.FileAsset:
        """The archive for an upload, by its path relative to the project."""
        # A relative path keeps the state the same for every clone of the project.
        return pulumi.FileAsset(os.path.relpath(self.path, ROOT))


def pack_directory(directory: Path, *, root: Path = ROOT) -> CodeArchive:
    """``directory``'s files as ``.tar.gz``, without times, owners or modes of this machine.

    Raises:
        PackagingError: for a missing or empty directory, for a link that leads out of it, and for
            anything that is neither file nor directory.
    """
    if not directory.is_dir():
        raise PackagingError(f"{directory} is not a directory: nothing to package")
    files = sorted(files_in(directory), key=lambda path: path.relative_to(directory).as_posix())
    if not files:
        raise PackagingError(f"{directory} holds no files: nothing to package")
    content = io.BytesIO()
    with (
        # The header of gzip has a time and a name: both stay empty.
        gzip.GzipFile(
            filename="", mode="wb", compresslevel=0, fileobj=content, mtime=0
        ) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in files:
            data = path.read_bytes()
            member = tarfile.TarInfo(path.relative_to(directory).as_posix())
            member.size = len(data)
            member.mode = 0o644
            archive.addfile(member, io.BytesIO(data))
    return _store(content.getvalue(), name=directory.name, suffix=".tar.gz", root=root)


def pack_modules(
    directory: Path, *, entries: Iterable[str] | None = None, root: Path = ROOT
) -> CodeArchive:
    """``directory``'s modules as a ``.zip`` that Python can import from.

    entries: modules without ``.py``; then only these go in and what they import from
        ``directory``, directly or not: a change of any other module leaves the archive as it is,
        and so the job that runs it.

    Raises:
        PackagingError: as :func:`pack_directory`; for an entry that is not there or that is no
            Python.
    """
    files = {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in files_in(directory)
    }
    modules = {name: data for name, data in files.items() if name.endswith(".py")}
    if not modules:
        raise PackagingError(f"{directory} holds no Python modules: nothing to package")
    if entries is not None:
        modules = _imported(modules, entries, directory)
    return _zip(modules, name=directory.name, root=root)


def _imported(
    modules: dict[str, bytes], entries: Iterable[str], directory: Path
) -> dict[str, bytes]:
    """The entries and the modules that they import, however far down and wherever they say so."""
    found: dict[str, bytes] = {}
    open_ends = [f"{entry}.py" for entry in entries]
    for name in open_ends:
        if name not in modules:
            raise PackagingError(f"{directory / name} is not there: the job starts from it")
    while open_ends:
        name = open_ends.pop()
        if name in found:
            continue
        found[name] = modules[name]
        try:
            imports = _imports(ast.parse(modules[name]))
        except SyntaxError as error:
            raise PackagingError(f"{directory / name}, line {error.lineno}: {error.msg}") from None
        for top in imports:
            # A package goes in whole: what it imports inside is its own affair.
            open_ends += [
                other for other in modules if other == f"{top}.py" or other.startswith(f"{top}/")
            ]
    return found


def _imports(tree: ast.Module) -> set[str]:
    """The first names of what a module imports absolutely."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
    return {name.partition(".")[0] for name in names}


def pack_distribution(name: str, *, root: Path = ROOT) -> CodeArchive:
    """An installed pure-Python distribution as an importable ``.zip``.

    Jobs in a private network cannot install packages: they get the very version that the lock file
    pins, from the bucket.

    Raises:
        PackagingError: when ``name`` is not installed or has compiled parts.
    """
    version, files = _distribution(name)
    return _zip(files, name=f"{name}-{version}", root=root)


def pack_distributions(title: str, names: Iterable[str], *, root: Path = ROOT) -> CodeArchive:
    """Several installed pure-Python distributions as one importable ``.zip`` called ``title``.

    Raises:
        PackagingError: as :func:`pack_distribution`.
    """
    files: dict[str, bytes] = {}
    for name in names:
        files |= _distribution(name)[1]
    return _zip(files, name=title, root=root)


def _distribution(name: str) -> tuple[str, dict[str, bytes]]:
    """Version and importable files of an installed distribution."""
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        raise PackagingError(f"{name} is not installed: run `make setup`") from None
    files: dict[str, bytes] = {}
    for entry in distribution.files or ():
        relative = entry.as_posix()
        if relative.endswith((".so", ".pyd")):
            raise PackagingError(f"{name} has compiled parts ({relative}): it cannot be zipped")
        inside = not relative.startswith("..") and ".dist-info/" not in relative
        if inside and not relative.endswith(".pyc"):
            files[relative] = Path(str(distribution.locate_file(entry))).read_bytes()
    return distribution.version, files


def pack_with(
    archive: CodeArchive, others: Mapping[str, CodeArchive], *, root: Path = ROOT
) -> CodeArchive:
    """``archive`` (a ``.zip``) with ``others`` inside, each under its name there."""
    with zipfile.ZipFile(archive.path) as stored:
        files = {name: stored.read(name) for name in stored.namelist()}
    files |= {name: other.path.read_bytes() for name, other in others.items()}
    # Archives are named after their content behind the last dash.
    return _zip(files, name=archive.path.name.rpartition("-")[0], root=root)


def file_sha256(path: Path) -> str:
    """The SHA-256 (hex) of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def files_in(directory: Path) -> Iterable[Path]:
    """The files in ``directory`` and below, without caches; in no particular order.

    Raises:
        PackagingError: for a link that leads out of it, and for what is no file.
    """
    inside = directory.resolve()
    for path in directory.rglob("*"):
        if _IGNORED.intersection(path.relative_to(directory).parts) or path.suffix == ".pyc":
            continue
        if path.is_symlink() and not path.resolve().is_relative_to(inside):
            raise PackagingError(
                f"{path} links to {path.resolve()}, outside {directory}: copy the file instead"
            )
        if path.is_dir():
            continue
        if not stat.S_ISREG(path.stat().st_mode):
            raise PackagingError(f"{path} is neither a file nor a directory: remove it")
        yield path


def _zip(files: dict[str, bytes], *, name: str, root: Path) -> CodeArchive:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path, data in sorted(files.items()):
            member = zipfile.ZipInfo(path, date_time=_EPOCH)
            member.external_attr = 0o644 << 16
            archive.writestr(member, data)
    return _store(content.getvalue(), name=name, suffix=".zip", root=root)


def _store(data: bytes, *, name: str, suffix: str, root: Path) -> CodeArchive:
    sha256 = hashlib.sha256(data).hexdigest()
    directory = root / BUILD_DIRECTORY.name
    path = directory / f"{name}-{sha256[:16]}{suffix}"
    if not path.is_file():
        directory.mkdir(exist_ok=True)
        # Written aside and renamed: a second `pulumi` at the same time never sees half a file.
        with tempfile.NamedTemporaryFile(dir=directory, delete=False) as unfinished:
            unfinished.write(data)
        Path(unfinished.name).chmod(0o644)
        Path(unfinished.name).replace(path)
    return CodeArchive(path=path, sha256=sha256)
