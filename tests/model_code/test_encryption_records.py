"""Key records: what was sealed with one is closed for good when it is shredded."""

import json
from pathlib import Path

import pytest
from encryption import records as module
from encryption import sealed
from encryption.errors import EncryptionError, KeyServiceError, NotAuthentic, Shredded
from encryption.records import RecordKey, Records, finder

from tests.model_code.own_keys import KeyService

CONTEXT = {"dataset": "patients", "purpose": "training"}


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> KeyService:
    service = KeyService()
    service.make("first")
    monkeypatch.setattr(module, "key_at_service", service.find)
    return service


@pytest.fixture
def records(tmp_path: Path, service: KeyService) -> Records:
    found = Records(tmp_path / "records")
    for subject in ("s-1", "s-2"):
        found.create(subject, key=service.keys["first"])
    return found


def close(tmp_path: Path, records: Records, subject: str) -> Path:
    (tmp_path / "plain").write_bytes(b"of " + subject.encode())
    closed = tmp_path / f"{subject}.sealed"
    sealed.seal(tmp_path / "plain", closed, key=RecordKey(records, subject), context=CONTEXT)
    return closed


def opened(tmp_path: Path, closed: Path) -> bytes:
    target = tmp_path / "opened"
    find = finder(tmp_path / "records")
    sealed.unseal(closed, target, find=find, context=CONTEXT, replace=True)
    return target.read_bytes()


def test_shredding_closes_one_subject_only(tmp_path: Path, records: Records) -> None:
    one, two = (close(tmp_path, records, subject) for subject in ("s-1", "s-2"))
    assert opened(tmp_path, one) == b"of s-1"
    before = records.path("s-1").read_bytes()
    same_place = tmp_path / "hard link"
    same_place.hardlink_to(records.path("s-1"))
    assert records.shred("s-1", reason="request 17") == "first"
    assert json.loads(before)["key"]["wrapped"].encode() not in same_place.read_bytes()
    with pytest.raises(Shredded, match=r"s-1 was shredded on 20.*request 17"):
        opened(tmp_path, one)
    with pytest.raises(Shredded):
        RecordKey(records, "s-1").new_data_key(CONTEXT)
    assert opened(tmp_path, two) == b"of s-2"
    left = records.path("s-1").read_bytes()
    assert json.loads(before)["key"]["wrapped"].encode() not in left
    assert set(json.loads(left)) == {"record", "shredded", "reason", "key_was_wrapped_by"}
    assert [path.name for path in (tmp_path / "records").iterdir() if path.name[0] == "."] == []


def test_an_id_is_never_used_again(records: Records, service: KeyService) -> None:
    with pytest.raises(EncryptionError, match="exists"):
        records.create("s-1", key=service.keys["first"])
    records.shred("s-1", reason="request")
    with pytest.raises(Shredded):
        records.create("s-1", key=service.keys["first"])
    with pytest.raises(Shredded):
        records.shred("s-1", reason="again")
    assert records.living() == ["s-2"]


def test_an_interrupted_shred_is_ended_by_the_next(tmp_path: Path, records: Records) -> None:
    closed = close(tmp_path, records, "s-1")
    path = records.path("s-1")
    path.write_bytes(b"\xff" * path.stat().st_size)
    with pytest.raises(NotAuthentic, match="shred it again"):
        opened(tmp_path, closed)
    assert records.shred("s-1", reason="request") == "unknown"
    with pytest.raises(Shredded):
        opened(tmp_path, closed)


def test_rewrapping_leaves_the_files(tmp_path: Path, records: Records, service: KeyService) -> None:
    closed = close(tmp_path, records, "s-1")
    before = closed.read_bytes()
    records.rewrap("s-1", find=service.find, key=service.make("second"))
    del service.keys["first"]
    assert closed.read_bytes() == before
    assert opened(tmp_path, closed) == b"of s-1"
    with pytest.raises(KeyServiceError):
        opened(tmp_path, close(tmp_path, records, "s-2"))


def test_another_subjects_record_opens_nothing(
    tmp_path: Path, records: Records, service: KeyService
) -> None:
    closed = close(tmp_path, records, "s-1")
    path, other = records.path("s-1"), records.path("s-2")
    kept = path.read_bytes()
    path.write_bytes(other.read_bytes())
    with pytest.raises(NotAuthentic, match="is not the key record s-1"):
        opened(tmp_path, closed)
    # Under the other name too: the key service bound the key to its id.
    path.write_bytes(other.read_bytes().replace(b"s-2", b"s-1"))
    with pytest.raises(NotAuthentic):
        opened(tmp_path, closed)
    fresh = Records(tmp_path / "others")
    fresh.create("s-1", key=service.keys["first"])
    path.write_bytes(fresh.path("s-1").read_bytes())
    with pytest.raises(NotAuthentic, match="did not wrap"):
        opened(tmp_path, closed)
    path.write_bytes(kept)
    assert opened(tmp_path, closed) == b"of s-1"


def test_ids_lead_nowhere_else(records: Records) -> None:
    for identifier in ("../s-1", "a/b", "", ".hidden", "x" * 101, "ä"):
        with pytest.raises(EncryptionError, match="is no id"):
            records.path(identifier)


def test_records_must_be_found(tmp_path: Path, records: Records) -> None:
    closed = close(tmp_path, records, "s-1")
    with pytest.raises(EncryptionError, match="--records"):
        sealed.unseal(closed, tmp_path / "opened", find=finder(None), context=CONTEXT)
    find = finder(tmp_path / "elsewhere")
    with pytest.raises(EncryptionError, match=r"no key record .*elsewhere/s-1\.json"):
        sealed.unseal(closed, tmp_path / "opened", find=find, context=CONTEXT)
    assert not (tmp_path / "opened").exists()
