"""What is uploaded, seen by azure-storage-blob's own requests."""

import hashlib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from components.azure.runs.blob_upload import BlobUploadHandler
from plugin.handler import InitializationFailedError, ResourceFailedError
from plugin.values import UNKNOWN
from tests.unit.components.runs.azure_wire import AzureWire
from tests.unit.components.runs.conftest import RecordingContext

HANDLER = BlobUploadHandler()


def inputs(azure: AzureWire, source: Path, **changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else "dir"
    base = {
        "accountUrl": azure.account_url,
        "container": "raw",
        "path": "t/table.csv",
        "source": str(source),
        "sha256": sha256,
    }
    return {**base, **changes}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n1,2\n")
    return path


def test_a_file_is_there_under_its_name_and_goes_again(
    azure: AzureWire, context: RecordingContext, table: Path
) -> None:
    given = inputs(azure, table)
    resource_id, outputs = HANDLER.create(context, given)
    assert azure.blobs == {"raw/t/table.csv": b"a,b\n1,2\n"}
    assert outputs["url"] == resource_id == f"{azure.account_url}raw/t/table.csv"
    assert outputs["uploadedSha256"] == given["sha256"]
    state = {**given, **outputs}
    assert HANDLER.read(context, resource_id, state, given) is not None
    HANDLER.delete(context, resource_id, state)
    assert azure.blobs == {}
    HANDLER.delete(context, resource_id, state)  # gone already: no error
    assert HANDLER.read(context, resource_id, state, given) is None


def test_a_directorys_files_come_below_the_path_without_caches(
    azure: AzureWire, context: RecordingContext, tmp_path: Path
) -> None:
    for name in ("a.py", "sub/b.py", "__pycache__/a.pyc"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    _, outputs = HANDLER.create(context, inputs(azure, tmp_path, path="code/1"))
    assert list(outputs["etags"]) == ["code/1/a.py", "code/1/sub/b.py"]
    assert azure.blobs == {"raw/code/1/a.py": b"a.py", "raw/code/1/sub/b.py": b"sub/b.py"}


def test_what_somebody_else_wrote_over_it_stays(
    azure: AzureWire, context: RecordingContext, table: Path
) -> None:
    given = inputs(azure, table)
    resource_id, outputs = HANDLER.create(context, given)
    azure.blobs["raw/t/table.csv"] = b"theirs"
    HANDLER.delete(context, resource_id, {**given, **outputs})
    assert azure.blobs == {"raw/t/table.csv": b"theirs"}


def archive(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as content:
        for name in names:
            content.writestr(name, name)
    return path


def test_an_archives_members_come_below_the_path(
    azure: AzureWire, context: RecordingContext, tmp_path: Path
) -> None:
    source = archive(tmp_path / "code.zip", "train.py", "sub/x.py")
    HANDLER.create(context, inputs(azure, source, path="code/1", unpack=True))
    assert azure.blobs == {"raw/code/1/sub/x.py": b"sub/x.py", "raw/code/1/train.py": b"train.py"}


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
def test_a_member_that_leaves_its_folder_is_refused(
    azure: AzureWire, context: RecordingContext, tmp_path: Path, name: str
) -> None:
    source = archive(tmp_path / "code.zip", name)
    with pytest.raises(ResourceFailedError, match="leaves its folder"):
        HANDLER.create(context, inputs(azure, source, unpack=True))
    assert azure.blobs == {}


def test_a_source_that_is_not_what_the_program_read_is_refused(
    azure: AzureWire, context: RecordingContext, table: Path
) -> None:
    given = inputs(azure, table)
    table.write_text("other")
    with pytest.raises(ResourceFailedError, match="changed since the program read it"):
        HANDLER.create(context, given)
    table.unlink()
    with pytest.raises(ResourceFailedError, match="does not exist: nothing to upload"):
        HANDLER.create(context, given)
    assert azure.blobs == {}


def test_new_content_takes_the_place_of_the_old_and_leaves_nothing_of_it(
    azure: AzureWire, context: RecordingContext, tmp_path: Path
) -> None:
    old = inputs(azure, archive(tmp_path / "1.zip", "a", "b"), path="c", unpack=True)
    resource_id, outputs = HANDLER.create(context, old)
    new = {**inputs(azure, archive(tmp_path / "2.zip", "b", "d"), path="c", unpack=True)}
    changed = HANDLER.update(context, resource_id, {**old, **outputs}, new)
    assert sorted(azure.blobs) == ["raw/c/b", "raw/c/d"]
    assert changed["uploadedSha256"] == new["sha256"]


def test_a_role_that_was_just_assigned_gets_its_time(
    azure: AzureWire, context: RecordingContext, table: Path
) -> None:
    azure.blob_refusals += ["AuthorizationPermissionMismatch"] * 2
    HANDLER.create(context, inputs(azure, table))
    assert len(context.pauses) == 2
    assert any("role assignment" in line for line in context.said("progress"))
    assert list(azure.blobs) == ["raw/t/table.csv"]


def test_another_refusal_is_told_at_once_and_what_is_there_stays_in_the_state(
    azure: AzureWire, context: RecordingContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = archive(tmp_path / "code.zip", "a", "b")
    given = inputs(azure, source, path="c", unpack=True)
    azure.blob_refusals.append("PublicAccessNotPermitted")
    with pytest.raises(ResourceFailedError, match="PublicAccessNotPermitted") as failure:
        HANDLER.create(context, given)
    assert not isinstance(failure.value, InitializationFailedError)
    assert context.pauses == []

    progress = RecordingContext.progress

    def refuse_second(self: RecordingContext, message: str) -> None:
        if message.endswith("c/b"):
            azure.blob_refusals.append("PublicAccessNotPermitted")
        progress(self, message)

    monkeypatch.setattr(RecordingContext, "progress", refuse_second)
    with pytest.raises(InitializationFailedError) as kept:
        HANDLER.create(context, given)
    assert list(kept.value.outputs["etags"]) == ["c/a"]
    HANDLER.delete(context, kept.value.resource_id, kept.value.outputs)
    assert azure.blobs == {}


def test_the_address_is_known_in_previews_as_far_as_its_parts_are(
    azure: AzureWire, table: Path
) -> None:
    given = inputs(azure, table)
    assert HANDLER.preview_create(given)["url"] == f"{azure.account_url}raw/t/table.csv"
    assert HANDLER.preview_create(given)["uploadedSha256"] is UNKNOWN
    assert HANDLER.preview_create({**given, "accountUrl": UNKNOWN})["url"] is UNKNOWN


def test_a_path_with_a_slash_at_an_end_is_refused(context: RecordingContext) -> None:
    for path in ("/a", "a/", ""):
        (failure,) = HANDLER.check(context, {}, {"path": path})[1]
        assert failure.property == "path"
    assert HANDLER.check(context, {}, {"path": UNKNOWN})[1] == []


def test_another_place_is_another_upload(context: RecordingContext) -> None:
    old = {"accountUrl": "u", "container": "c", "path": "p", "sha256": "1", "source": "s"}
    assert HANDLER.diff(context, "i", old, {**old, "path": "q"}).replaces == {"path"}
    moved = HANDLER.diff(context, "i", old, {**old, "sha256": "2"})
    assert moved.changed == {"sha256": "update"}
    assert not moved.replaces
