"""Archives depend on the content of their sources and on nothing else."""

import io
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from components.packaging import (
    PackagingError,
    file_sha256,
    pack_directory,
    pack_distribution,
    pack_modules,
)


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    directory = tmp_path / "code"
    (directory / "inner").mkdir(parents=True)
    (directory / "train.py").write_text("print('train')\n")
    (directory / "inner" / "data.txt").write_text("1,2\n")
    return directory


def test_the_same_files_give_the_same_bytes_whatever_their_times_and_modes(
    sources: Path, tmp_path: Path
) -> None:
    first = pack_directory(sources, root=tmp_path)
    content = first.path.read_bytes()
    first.path.unlink()
    (sources / "train.py").chmod(0o700)
    os.utime(sources / "train.py", (1, 1))
    second = pack_directory(sources, root=tmp_path)
    assert second == first
    assert second.path.read_bytes() == content
    assert file_sha256(first.path) == first.sha256


def test_a_changed_file_gives_another_name(sources: Path, tmp_path: Path) -> None:
    before = pack_directory(sources, root=tmp_path)
    (sources / "train.py").write_text("print('other')\n")
    after = pack_directory(sources, root=tmp_path)
    assert before.sha256 != after.sha256
    assert before.path != after.path


def test_caches_are_left_out(sources: Path, tmp_path: Path) -> None:
    before = pack_directory(sources, root=tmp_path)
    (sources / "__pycache__").mkdir()
    (sources / "__pycache__" / "train.cpython-311.pyc").write_bytes(b"x")
    assert pack_directory(sources, root=tmp_path) == before
    with tarfile.open(before.path) as archive:
        assert archive.getnames() == ["inner/data.txt", "train.py"]


def test_a_link_that_leads_out_is_refused_by_name(sources: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (sources / "link.py").symlink_to(secret)
    with pytest.raises(PackagingError, match=r"link\.py links to .*secret, outside"):
        pack_directory(sources, root=tmp_path)


def test_a_link_inside_is_packed_as_its_file(sources: Path, tmp_path: Path) -> None:
    (sources / "again.py").symlink_to(sources / "train.py")
    with tarfile.open(pack_directory(sources, root=tmp_path).path) as archive:
        member = archive.getmember("again.py")
        assert member.isfile()


def test_what_is_no_file_is_refused(sources: Path, tmp_path: Path) -> None:
    os.mkfifo(sources / "pipe")
    with pytest.raises(PackagingError, match="neither a file nor a directory"):
        pack_directory(sources, root=tmp_path)


def test_an_empty_or_missing_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="not a directory"):
        pack_directory(tmp_path / "nowhere", root=tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackagingError, match="holds no files"):
        pack_directory(tmp_path / "empty", root=tmp_path)


def test_modules_can_be_imported_from_their_zip(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (sources / "packed_module.py").write_text("ANSWER = 42\n")
    archive = pack_modules(sources, root=tmp_path)
    monkeypatch.syspath_prepend(str(archive.path))
    import packed_module  # type: ignore[import-not-found]

    try:
        assert packed_module.ANSWER == 42
        assert "inner/data.txt" not in zipfile.ZipFile(archive.path).namelist()
    finally:
        del sys.modules["packed_module"]


def test_an_installed_library_is_packed_without_its_metadata(tmp_path: Path) -> None:
    archive = pack_distribution("awswrangler", root=tmp_path)
    names = zipfile.ZipFile(io.BytesIO(archive.path.read_bytes())).namelist()
    assert "awswrangler/__init__.py" in names
    assert not [name for name in names if "dist-info" in name or name.endswith(".pyc")]


def test_a_library_with_compiled_parts_or_not_installed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="numpy has compiled parts"):
        pack_distribution("numpy", root=tmp_path)
    with pytest.raises(PackagingError, match="no-such-thing is not installed"):
        pack_distribution("no-such-thing", root=tmp_path)


def _members(directory: Path, entry: str, root: Path) -> list[str]:
    return zipfile.ZipFile(pack_modules(directory, entries=[entry], root=root).path).namelist()


def test_a_job_gets_what_its_script_imports_however_far_down(tmp_path: Path) -> None:
    code = tmp_path / "code"
    (code / "shapes" / "deep").mkdir(parents=True)
    (code / "prepare.py").write_text("import json\nfrom table import read\n")
    (code / "table.py").write_text("def read():\n    from shapes.deep import row\n    return row\n")
    (code / "shapes" / "__init__.py").write_text("import table\n")
    (code / "shapes" / "deep" / "__init__.py").write_text("from . import train\n")
    (code / "train.py").write_text("")
    (code / "json.txt").write_text("")
    wanted = ["prepare.py", "shapes/__init__.py", "shapes/deep/__init__.py", "table.py"]
    assert _members(code, "prepare", tmp_path) == wanted


def test_a_change_elsewhere_leaves_a_jobs_archive_as_it_is(sources: Path, tmp_path: Path) -> None:
    (sources / "prepare.py").write_text("import table\n")
    (sources / "table.py").write_text("ROWS = 1\n")
    before = pack_modules(sources, entries=["prepare"], root=tmp_path)
    (sources / "train.py").write_text("print('other')\n")
    assert pack_modules(sources, entries=["prepare"], root=tmp_path) == before
    (sources / "table.py").write_text("ROWS = 2\n")
    assert pack_modules(sources, entries=["prepare"], root=tmp_path) != before


def test_a_script_that_is_missing_or_no_python_is_named(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"prepare\.py is not there"):
        pack_modules(sources, entries=["prepare"], root=tmp_path)
    (sources / "prepare.py").write_text("import table\ndef\n")
    (sources / "table.py").write_text("")
    with pytest.raises(PackagingError, match=r"prepare\.py, line 2: "):
        pack_modules(sources, entries=["prepare"], root=tmp_path)
