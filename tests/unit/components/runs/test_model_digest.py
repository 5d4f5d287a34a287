"""The digest of a model: of all of it, and of no more than is accepted."""

import hashlib
from collections.abc import Iterator

import pytest

from components.runs.model_digest import digest_of
from plugin.handler import ResourceFailedError


def test_it_is_that_of_the_whole_content() -> None:
    assert digest_of([b"mo", b"", b"del"], "p", max_bytes=5) == hashlib.sha256(b"model").hexdigest()


def test_what_is_too_large_is_refused_without_being_read_to_its_end() -> None:
    def chunks() -> Iterator[bytes]:
        yield b"mod"
        yield b"el!"
        pytest.fail("read on")

    with pytest.raises(ResourceFailedError, match=r"blob/x is larger than 5 bytes"):
        digest_of(chunks(), "blob/x", max_bytes=5)
