"""Sealed files: only what was sealed comes out, whole or not at all."""

import os
import random
import stat
import tracemalloc
from pathlib import Path

import pytest
from encryption import sealed
from encryption.errors import EncryptionError, KeyServiceError, NotAuthentic
from encryption.header import BODY_OFFSET, PAGE_BYTES, SLOT_BYTES, encoded_slot, read_slots

from tests.model_code.own_keys import KeyService

CONTEXT = {"dataset": "penguins", "purpose": "training"}
SIZES = (0, 1, 15, 16, 17, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 1_000_003)


@pytest.fixture
def service() -> KeyService:
    service = KeyService()
    service.make("first")
    return service


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    path = tmp_path / "plain"
    path.write_bytes(random.Random(1).randbytes(600_000))
    return path


@pytest.fixture
def closed(tmp_path: Path, plain: Path, service: KeyService) -> Path:
    path = tmp_path / "closed"
    sealed.seal(plain, path, key=service.keys["first"], context=CONTEXT)
    return path


def refused(
    closed: Path, service: KeyService, error: type[EncryptionError] = NotAuthentic
) -> pytest.ExceptionInfo[EncryptionError]:
    """Opening is refused, and neither the target nor a rest of it is there."""
    target = closed.parent / "opened"
    before = sorted(closed.parent.iterdir())
    with pytest.raises(error) as caught:
        sealed.unseal(closed, target, find=service.find, context=CONTEXT)
    assert sorted(closed.parent.iterdir()) == before
    return caught


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_out(tmp_path: Path, service: KeyService, size: int) -> None:
    data = random.Random(size).randbytes(size)
    (tmp_path / "plain").write_bytes(data)
    done: list[tuple[int, int]] = []
    key = service.keys["first"]
    sealed.seal(tmp_path / "plain", tmp_path / "closed", key=key, context=CONTEXT)
    sealed.unseal(
        tmp_path / "closed",
        tmp_path / "opened",
        find=service.find,
        context=CONTEXT,
        progress=lambda now, total: done.append((now, total)),
    )
    assert (tmp_path / "opened").read_bytes() == data
    content = (tmp_path / "closed").read_bytes()
    assert len(content) == BODY_OFFSET + size + 16
    assert size < 16 or data not in content
    assert not size or done[-1] == (size, size)
    assert stat.S_IMODE((tmp_path / "opened").stat().st_mode) == 0o600


def test_every_file_has_a_data_key_of_its_own(
    tmp_path: Path, plain: Path, service: KeyService
) -> None:
    paths = [tmp_path / "one", tmp_path / "two"]
    for path in paths:
        sealed.seal(plain, path, key=service.keys["first"], context=CONTEXT)
    one, two = (path.read_bytes() for path in paths)
    assert one[BODY_OFFSET:] != two[BODY_OFFSET:]
    paths[0].write_bytes(one[:PAGE_BYTES] + two[PAGE_BYTES:BODY_OFFSET] + one[BODY_OFFSET:])
    refused(paths[0], service)


def test_a_flipped_bit_anywhere_is_refused(closed: Path, service: KeyService) -> None:
    whole = closed.read_bytes()
    body = range(BODY_OFFSET, len(whole), 60_013)
    edges = (0, PAGE_BYTES - 1, PAGE_BYTES, BODY_OFFSET - 1, BODY_OFFSET, len(whole) - 1)
    header = range(0, BODY_OFFSET, 53)
    for place in sorted({*header, *edges, *body, *range(len(whole) - 16, len(whole))}):
        changed = bytearray(whole)
        changed[place] ^= 1 << (place % 8)
        closed.write_bytes(changed)
        refused(closed, service)


def test_what_is_cut_off_is_refused(closed: Path, service: KeyService) -> None:
    whole = closed.read_bytes()
    lengths = (0, 15, 16, PAGE_BYTES - 1, PAGE_BYTES, PAGE_BYTES + SLOT_BYTES, BODY_OFFSET)
    for length in (*lengths, BODY_OFFSET + 15, BODY_OFFSET + 16, len(whole) - 16, len(whole) - 1):
        closed.write_bytes(whole[:length])
        refused(closed, service)
    closed.write_bytes(whole + b"\0")
    refused(closed, service)


def test_what_was_reordered_is_refused(closed: Path, service: KeyService) -> None:
    whole = closed.read_bytes()
    a, b, c = BODY_OFFSET, BODY_OFFSET + 4096, BODY_OFFSET + 8192
    closed.write_bytes(whole[:a] + whole[b:c] + whole[a:b] + whole[c:])
    refused(closed, service)


def test_another_context_is_refused_before_the_key_is_asked(
    closed: Path, service: KeyService, tmp_path: Path
) -> None:
    uses = service.keys["first"].uses
    for other in (
        {**CONTEXT, "purpose": "marketing"},
        {**CONTEXT, "dataset": "other"},
        {**CONTEXT, "more": "1"},
    ):
        with pytest.raises(NotAuthentic, match="is for dataset=penguins"):
            sealed.unseal(closed, tmp_path / "opened", find=service.find, context=other)
    assert service.keys["first"].uses == uses
    assert not (tmp_path / "opened").exists()


def test_a_context_that_was_rewritten_is_refused_by_the_tag(
    closed: Path, service: KeyService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A key that binds no context, as Key Vault's.
    key = service.keys["first"]
    blind = type(key).unwrap
    monkeypatch.setattr(type(key), "unwrap", lambda self, w, _: blind(self, w, CONTEXT))
    changed = closed.read_bytes().replace(b'"purpose": "training"', b'"purpose": "trainink"', 1)
    closed.write_bytes(changed)
    wanted = {**CONTEXT, "purpose": "trainink"}
    with pytest.raises(NotAuthentic, match="not what was sealed"):
        sealed.unseal(closed, tmp_path / "opened", find=service.find, context=wanted)
    assert not (tmp_path / "opened").exists()


def test_another_key_is_refused(closed: Path, service: KeyService) -> None:
    del service.keys["first"]
    refused(closed, service, KeyServiceError)
    service.make("first")
    refused(closed, service)


def test_contexts_must_name_data_set_and_purpose(
    tmp_path: Path, plain: Path, service: KeyService
) -> None:
    for context in ({}, {"dataset": "x"}, {"dataset": "x", "purpose": ""}, {**CONTEXT, "a": ""}):
        with pytest.raises(EncryptionError, match="context"):
            sealed.seal(plain, tmp_path / "c", key=service.keys["first"], context=context)
    long = {**CONTEXT, "note": "x" * 5000}
    with pytest.raises(EncryptionError, match="longer than"):
        sealed.seal(plain, tmp_path / "c", key=service.keys["first"], context=long)
    assert not (tmp_path / "c").exists()


def test_an_existing_target_stays_unless_it_is_to_be_replaced(
    closed: Path, plain: Path, service: KeyService
) -> None:
    before = closed.read_bytes()
    key = service.keys["first"]
    with pytest.raises(EncryptionError, match="--force"):
        sealed.seal(plain, closed, key=key, context=CONTEXT)
    assert closed.read_bytes() == before
    sealed.seal(plain, closed, key=key, context=CONTEXT, replace=True)
    assert closed.read_bytes() != before


def test_a_failed_replacement_leaves_the_old_file(closed: Path, service: KeyService) -> None:
    target = closed.parent / "opened"
    target.write_bytes(b"old")
    closed.write_bytes(closed.read_bytes()[:-1])
    with pytest.raises(NotAuthentic):
        sealed.unseal(closed, target, find=service.find, context=CONTEXT, replace=True)
    assert target.read_bytes() == b"old"


def test_longer_than_one_message_may_be_is_refused(
    tmp_path: Path, plain: Path, service: KeyService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealed, "LONGEST_BYTES", plain.stat().st_size - 1)
    with pytest.raises(EncryptionError, match="64 GiB"):
        sealed.seal(plain, tmp_path / "c", key=service.keys["first"], context=CONTEXT)
    assert list(tmp_path.iterdir()) == [plain]
    monkeypatch.setattr(sealed, "LONGEST_BYTES", plain.stat().st_size)
    sealed.seal(plain, tmp_path / "c", key=service.keys["first"], context=CONTEXT)


def test_memory_does_not_grow_with_the_data(tmp_path: Path, service: KeyService) -> None:
    size = 64 * 1024**2
    with (tmp_path / "plain").open("wb") as stream:
        stream.truncate(size)
    key = service.keys["first"]
    tracemalloc.start()
    try:
        sealed.seal(tmp_path / "plain", tmp_path / "closed", key=key, context=CONTEXT)
        sealed.unseal(tmp_path / "closed", tmp_path / "opened", find=service.find, context=CONTEXT)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 1024**2
    assert (tmp_path / "opened").stat().st_size == size


def test_rewrapping_changes_the_header_only(
    closed: Path, service: KeyService, plain: Path, tmp_path: Path
) -> None:
    before, place = closed.read_bytes(), closed.stat().st_ino
    for generation, name, old in ((2, "second", b"first"), (3, "third", b"second")):
        sealed.rewrap(closed, find=service.find, key=service.make(name))
        found = sealed.inspect(closed)
        assert (found.key.key_id, found.generation) == (name, generation)
        assert not found.interrupted
        # Nothing is left that the old key could open.
        assert old not in closed.read_bytes()
    after = closed.read_bytes()
    assert closed.stat().st_ino == place
    assert before[:PAGE_BYTES] == after[:PAGE_BYTES]
    assert before[BODY_OFFSET:] == after[BODY_OFFSET:]
    del service.keys["first"], service.keys["second"]
    sealed.unseal(closed, tmp_path / "opened", find=service.find, context=CONTEXT)
    assert (tmp_path / "opened").read_bytes() == plain.read_bytes()


def test_a_rewrap_that_is_refused_leaves_the_file(closed: Path, service: KeyService) -> None:
    before = closed.read_bytes()

    class Refusing(type(service.keys["first"])):  # type: ignore[misc]
        def wrap(self, *_: object) -> None:
            raise KeyServiceError("disabled")

    with pytest.raises(KeyServiceError):
        sealed.rewrap(closed, find=service.find, key=Refusing("second"))
    assert closed.read_bytes() == before


@pytest.mark.parametrize("torn", [True, False])
def test_an_interrupted_rewrap_is_ended_by_the_next(
    closed: Path, service: KeyService, plain: Path, tmp_path: Path, torn: bool
) -> None:
    # Killed while the second slot is written, or before the first one is emptied.
    with closed.open("r+b") as stream:
        current = read_slots(stream).current
        data_key = service.find("first").unwrap(current.key, CONTEXT)
        new = encoded_slot(service.make("second").wrap(data_key, CONTEXT), 2)
        stream.seek(PAGE_BYTES + SLOT_BYTES)
        stream.write(new[:100] if torn else new)
    if torn:
        assert sealed.inspect(closed).interrupted
        assert "run rewrap again" in str(refused(closed, service).value)
    else:
        assert sealed.inspect(closed).key.key_id == "second"
    sealed.rewrap(closed, find=service.find, key=service.make("third"))
    assert not sealed.inspect(closed).interrupted
    sealed.unseal(closed, tmp_path / "opened", find=service.find, context=CONTEXT)
    assert (tmp_path / "opened").read_bytes() == plain.read_bytes()


def test_two_rewraps_at_once_are_refused(closed: Path, service: KeyService) -> None:
    import fcntl

    with closed.open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        with pytest.raises(EncryptionError, match="another process"):
            sealed.rewrap(closed, find=service.find, key=service.make("second"))


def test_inspecting_needs_no_key(closed: Path, service: KeyService) -> None:
    uses = service.keys["first"].uses
    found = sealed.inspect(closed)
    assert (found.algorithm, found.key.key_id, found.context) == ("AES-256-GCM", "first", CONTEXT)
    assert found.plain_bytes == 600_000
    assert service.keys["first"].uses == uses


def test_what_is_no_file_is_named(tmp_path: Path, service: KeyService) -> None:
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(EncryptionError, match=str(path)):
            sealed.inspect(path)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    with pytest.raises(EncryptionError, match="no file"):
        sealed.inspect(fifo)


def test_data_keys_are_in_no_repr(service: KeyService) -> None:
    made = service.keys["first"].new_data_key(CONTEXT)
    assert repr(made.plain) not in repr(made)
    assert "plain" not in repr(made)
