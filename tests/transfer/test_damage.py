"""A byte that changes on the way is noticed, whatever S3 knows of the object; nothing appears."""

import os
import threading
from typing import Any

import boto3
import pytest

from tests.transfer.conftest import Route
from tests.transfer.wire import Exchange, Hook
from transfer.errors import ChecksumMismatch

PART = 64 * 1024


class _FlipsABit(Hook):
    """In one answer: a whole object's, or that of its second part."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.flipped = 0

    def answer(self, exchange: Exchange) -> None:
        wanted = exchange.headers.get("range", f"bytes={PART}-").startswith(f"bytes={PART}-")
        if exchange.method == "GET" and exchange.path.endswith("/object") and wanted:
            with self._lock:
                self.flipped += 1
            middle = len(exchange.answer) // 2
            exchange.answer = (
                exchange.answer[:middle]
                + bytes([exchange.answer[middle] ^ 1])
                + exchange.answer[middle + 1 :]
            )


@pytest.mark.parametrize("size", [1000, 4 * PART + 9], ids=["small", "large"])
@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", None])
def test_damage_on_the_way_from_s3_is_noticed_before_anything_is_visible(
    route: Route, size: int, algorithm: str | None
) -> None:
    data = os.urandom(size)
    if algorithm is None:
        route.put_unchecked("object", data)
    else:
        route.put("object", data, ChecksumAlgorithm=algorithm)
    hook = route.s3_wire.hook = _FlipsABit()
    report, _ = route.run(part_size=PART)
    assert hook.flipped
    assert isinstance(report.failures[0].error, ChecksumMismatch)
    assert f"{route.source}/object was damaged on the way" in str(report.failures[0].error)
    assert route.names() == []
    route.s3_wire.hook = Hook()
    report, heard = route.run(part_size=PART)
    assert report.complete
    assert heard.outcomes[0].checked == (algorithm or "MD5")
    assert route.content("object") == data


@pytest.mark.parametrize("size", [1000, 4 * PART + 9], ids=["small", "large"])
def test_damage_on_the_way_to_the_sink_is_refused_by_the_sink(route: Route, size: int) -> None:
    data = os.urandom(size)
    route.put("object", data)

    class FlipsABitOfEveryUpload(Hook):
        def request(self, exchange: Exchange) -> None:
            if exchange.path.startswith("/upload/"):
                place = exchange.sent.rindex(b"\r\n--") - 5
                exchange.sent = (
                    exchange.sent[:place]
                    + bytes([exchange.sent[place] ^ 1])
                    + exchange.sent[place + 1 :]
                )

    route.gcs_wire.hook = FlipsABitOfEveryUpload()
    report, _ = route.run(part_size=PART)
    assert isinstance(report.failures[0].error, ChecksumMismatch), report.failures[0].error
    assert route.names() == []


def test_a_sink_that_says_it_has_something_else_is_not_believed(route: Route) -> None:
    route.put("object", os.urandom(3 * PART))

    class LiesAboutParts(Hook):
        def answer(self, exchange: Exchange) -> None:
            if exchange.path.startswith("/upload/"):
                exchange.answer = exchange.answer.replace(b'"crc32c":"', b'"crc32c":"AA')

    route.gcs_wire.hook = LiesAboutParts()
    report, _ = route.run(part_size=PART)
    assert report.failures
    assert route.blob("object") is None


def test_an_upload_in_parts_by_boto3_is_copied_and_said_to_be_unchecked(route: Route) -> None:
    data = os.urandom(12 * 1024**2)
    import io

    config: Any = boto3.s3.transfer.TransferConfig(multipart_chunksize=5 * 1024**2)
    route.s3.upload_fileobj(io.BytesIO(data), route.name, "in/object", Config=config)
    report, heard = route.run()
    assert report.complete
    assert heard.outcomes[0].checked is None
    assert report.unchecked == 1
    assert route.content("object") == data
