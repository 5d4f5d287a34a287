"""The pieces that need no cloud: checksums, gaps, turns, the walk along two lists."""

import base64
import hashlib
import io
import os
import threading
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import google_crc32c
import pytest

from transfer.checksums import Crc, digest
from transfer.copying import Turns, gaps
from transfer.errors import Interrupted
from transfer.listening import Kind, Outcome
from transfer.progress import Lines, human
from transfer.run import Lookup
from transfer.sink import SinkObject, Stretch
from transfer.source import digests

DATA = os.urandom(10_000)


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME"])
@pytest.mark.parametrize("cut", [0, 1, 4096, 10_000])
def test_joined_checksums_are_those_of_the_whole(algorithm: str, cut: int) -> None:
    joined = Crc.of(algorithm, DATA[:cut]) + Crc.of(algorithm, DATA[cut:])
    assert joined == Crc.of(algorithm, DATA)
    parts = (Crc.of(algorithm, DATA[start : start + 999]) for start in range(0, 10_000, 999))
    assert Crc.joined(algorithm, parts) == joined


def test_checksums_are_written_as_the_clouds_write_them() -> None:
    text = {
        "CRC32": zlib.crc32(DATA).to_bytes(4, "big"),
        "CRC32C": google_crc32c.value(DATA).to_bytes(4, "big"),
        "SHA256": hashlib.sha256(DATA).digest(),
        "MD5": hashlib.md5(DATA).digest(),
    }
    for algorithm, value in text.items():
        assert digest(algorithm, DATA) == base64.b64encode(value).decode()
    # The catalogue's check value of CRC-64/NVME.
    check = (0xAE8B14860A799888).to_bytes(8, "big")
    assert digest("CRC64NVME", b"123456789") == base64.b64encode(check).decode()


MD5 = "0123456789abcdef" * 2
MD5_BASE64 = base64.b64encode(bytes.fromhex(MD5)).decode()


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"ETag": f'"{MD5}"'}, {"MD5": MD5_BASE64}),
        ({"ETag": f'"{MD5}"', "ServerSideEncryption": "AES256"}, {"MD5": MD5_BASE64}),
        ({"ETag": f'"{MD5}"', "ServerSideEncryption": "aws:kms"}, {}),
        ({"ETag": f'"{MD5}"', "SSECustomerAlgorithm": "AES256"}, {}),
        ({"ETag": f'"{MD5}-3"'}, {}),
        ({"ETag": '"not-hexadecimal-but-as-long-as-it"'}, {}),
        ({"ETag": f'"{MD5}-3"', "ChecksumCRC32": "AAAAAA==-3"}, {}),
        ({"ETag": f'"{MD5}-3"', "ChecksumCRC32": "AAAAAA==", "ChecksumType": "COMPOSITE"}, {}),
        ({"ETag": f'"{MD5}-3"', "ChecksumCRC32": "AAAAAA=="}, {}),
        (
            {"ETag": f'"{MD5}-3"', "ChecksumCRC64NVME": "A=", "ChecksumType": "FULL_OBJECT"},
            {"CRC64NVME": "A="},
        ),
    ],
)
def test_only_checksums_of_the_whole_content_are_compared(
    answer: dict[str, str], found: dict[str, str]
) -> None:
    assert digests(answer) == found


def _stretch(offset: int, size: int) -> Stretch:
    crc = Crc("CRC32C", 0, size)
    return Stretch(offset=offset, size=size, crc32c=crc, crc=crc, handle=("", 0))


@pytest.mark.parametrize(
    ("held", "missing"),
    [
        ([], [(0, 10), (10, 10), (20, 5)]),
        ([(0, 10)], [(10, 10), (20, 5)]),
        ([(10, 10)], [(0, 10), (20, 5)]),
        ([(0, 3), (20, 5)], [(3, 10), (13, 7)]),
        ([(0, 25)], []),
    ],
)
def test_what_is_missing_is_what_is_not_held(
    held: list[tuple[int, int]], missing: list[tuple[int, int]]
) -> None:
    assert list(gaps(25, [_stretch(*each) for each in held], 10)) == missing


def test_a_digest_is_made_in_order_whatever_order_the_parts_come_in() -> None:
    turns = Turns("SHA256")
    later = threading.Thread(target=turns.take, args=(3, b"def"))
    later.start()
    turns.take(0, b"abc")
    later.join(30)
    assert turns.base64 == digest("SHA256", b"abcdef")


def test_nobody_waits_for_a_part_that_failed() -> None:
    turns = Turns("SHA256")
    turns.give_up()
    with pytest.raises(Interrupted):
        turns.take(3, b"def")


class _Shelf:
    """A sink that has the names it is told, and counts what is asked of it."""

    ordered = True

    def __init__(self, *names: str) -> None:
        self._names = names
        self.single: list[str] = []

    def objects(self, prefix: str) -> Iterator[SinkObject]:
        for name in sorted(self._names):
            yield SinkObject(name=name, size=1, generation="1")

    def find(self, name: str) -> SinkObject | None:
        self.single.append(name)
        known = name in self._names
        return SinkObject(name=name, size=1, generation="1") if known else None


def test_two_lists_are_walked_side_by_side() -> None:
    shelf: Any = _Shelf("b", "d", "é", "z")
    lookup = Lookup(shelf, "")
    found = [name for name in ("a", "b", "c", "d", "z", "é") if lookup.find(name)]
    assert found == ["b", "d", "z", "é"]
    assert shelf.single == []
    assert lookup.find("d") is not None
    assert lookup.find("c") is None
    assert shelf.single == ["d", "c"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1536, "1.5 KiB"),
        (3 * 1024**3, "3.0 GiB"),
        (2**60, "1048576.0 TiB"),
    ],
)
def test_sizes_are_said_for_people(size: int, text: str) -> None:
    assert human(size) == text


def test_plain_lines_say_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("transfer.progress.EVERY", 0)
    lines = Lines(stream, every_object=True)
    lines.found(2048)
    lines.moved(1024)
    lines.finished(Outcome(kind=Kind.COPIED, source="s3://a/b", target="gs://c/d", size=2048))
    assert stream.getvalue().splitlines() == [
        "0 of 1 objects, 1.0 KiB of 2.0 KiB",
        "copied: s3://a/b → gs://c/d",
    ]


def test_an_objects_version_is_its_content_and_its_moment() -> None:
    from transfer.source import SourceObject

    def item(etag: str, second: int) -> SourceObject:
        moment = datetime(2026, 1, 1, second=second, tzinfo=UTC)
        return SourceObject(bucket="b", key="k", size=1, etag=etag, modified=moment)

    assert len({item('"a"', 0).version, item('"b"', 0).version, item('"a"', 1).version}) == 3
