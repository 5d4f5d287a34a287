"""An archive writes into its own directory or not at all, on every Python."""

import io
import tarfile
from pathlib import Path

import pytest

from sandbox.archives import UnsafeArchiveError, extract


@pytest.fixture(params=["with filters", "without filters"], autouse=True)
def python(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """This Python as it is, and as before 3.11.4."""
    if request.param == "without filters":
        monkeypatch.delattr(tarfile, "data_filter", raising=False)


def archive(*members: tarfile.TarInfo) -> tarfile.TarFile:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size))
    content.seek(0)
    return tarfile.open(fileobj=content)


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = 3 if kind == tarfile.REGTYPE else 0
    return info


@pytest.mark.filterwarnings("ignore:Python 3.14 will:DeprecationWarning")
def test_files_and_directories_are_extracted(tmp_path: Path) -> None:
    with archive(member("code", tarfile.DIRTYPE), member("code/a.py"), member("b/c.py")) as tar:
        extract(tar, tmp_path)
    assert (tmp_path / "code" / "a.py").read_bytes() == b"xxx"
    assert (tmp_path / "b" / "c.py").is_file()


@pytest.mark.parametrize(
    "unsafe",
    [
        member("../evil"),
        member("a/../../evil"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("link", tarfile.LNKTYPE, "../evil"),
        member("pipe", tarfile.FIFOTYPE),
        member("disk", tarfile.BLKTYPE),
    ],
    ids=lambda info: f"{info.name} {info.linkname}".strip(),
)
def test_what_leads_out_or_is_no_file_is_refused(unsafe: tarfile.TarInfo, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with archive(unsafe) as tar, pytest.raises(UnsafeArchiveError, match=r"evil|link|pipe|disk"):
        extract(tar, inside)
    assert list(tmp_path.iterdir()) == [inside]
    assert list(inside.iterdir()) == []
