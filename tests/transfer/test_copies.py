"""What is copied is what was there: content, type, metadata, names; once."""

import os
from typing import Any

import pytest

from tests.transfer.conftest import Route
from tests.transfer.wire import Exchange, Hook
from transfer import Kind

PART = 64 * 1024
NAMES = [
    "plain.csv",
    "with space",
    "ünï/cödé 日本.txt",
    "a//b/../c",
    "100%+?&=#[1].bin",
    "trailing/",
    "'quotes\"",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_arrive_as_they_are(route: Route, name: str) -> None:
    route.put(name, name.encode())
    report, _ = route.run()
    assert report.complete
    assert route.names() == [f"out/{name}"]
    assert route.content(name) == name.encode()


@pytest.mark.parametrize(
    "size",
    [0, 1, PART - 1, PART, PART + 1, 3 * PART, 70 * PART + 5],
    ids=["empty", "byte", "small", "a part", "two parts", "parts", "parts of parts"],
)
def test_sizes_of_every_kind_arrive_whole_and_described(route: Route, size: int) -> None:
    data = os.urandom(size)
    described = {
        "ContentType": "text/x-test",
        "ContentLanguage": "de",
        "ContentDisposition": "attachment",
        "CacheControl": "no-store",
        "ContentEncoding": "identity",
        "Metadata": {"colour": "red"},
    }
    route.put("object", data, **described)
    report, heard = route.run(part_size=PART)
    assert (report.counts[Kind.COPIED], report.bytes, report.moved) == (1, size, size)
    assert (heard.total, heard.bytes) == (size, size)
    assert heard.outcomes[0].checked == "CRC32"
    assert route.content("object") == data
    blob = route.blob("object")
    assert blob.content_type == "text/x-test"
    assert blob.content_language == "de"
    assert blob.content_disposition == "attachment"
    assert blob.cache_control == "no-store"
    assert blob.content_encoding == "identity"
    assert blob.metadata["colour"] == "red"
    # No part is left, also not as an old generation or soft-deleted.
    assert route.names() == ["out/object"]
    assert not list(route.gcs.list_blobs(soft_deleted=True))


def test_a_second_run_reads_nothing_and_writes_nothing(route: Route) -> None:
    route.put("small", b"1")
    route.put("large", os.urandom(3 * PART))
    route.put_unchecked("no checksum", os.urandom(3 * PART))
    route.run(part_size=PART)
    generations = {blob.name: blob.generation for blob in route.gcs.list_blobs()}
    read = route.s3_wire.bytes_read()
    report, _ = route.run(part_size=PART)
    assert (report.counts[Kind.SKIPPED], report.counts[Kind.COPIED], report.moved) == (3, 0, 0)
    assert route.s3_wire.bytes_read() == read > 0
    assert {blob.name: blob.generation for blob in route.gcs.list_blobs()} == generations


def test_what_another_tool_copied_is_known_by_its_checksum(route: Route) -> None:
    route.put("same", b"content", ContentType="text/plain")
    route.put("other type", b"content", ContentType="text/plain")
    route.put("other content", b"content", ContentType="text/plain")
    for name, data, kind in (
        ("same", b"content", "text/plain"),
        ("other type", b"content", "text/html"),
        ("other content", b"CONTENT", "text/plain"),
    ):
        route.gcs.blob(f"out/{name}").upload_from_string(data, content_type=kind)
    _, heard = route.run()
    kinds = {outcome.source.rpartition("/")[2]: outcome.kind for outcome in heard.outcomes}
    assert kinds == {
        "same": Kind.SKIPPED,
        "other type": Kind.COPIED,
        "other content": Kind.COPIED,
    }
    assert route.content("other content") == b"content"
    assert route.blob("other type").content_type == "text/plain"


def test_a_changed_object_is_copied_again(route: Route) -> None:
    route.put("a", b"one")
    route.put("b", b"b")
    route.run()
    route.put("a", b"two")
    report, _ = route.run()
    assert (report.counts[Kind.COPIED], report.counts[Kind.SKIPPED]) == (1, 1)
    assert route.content("a") == b"two"


def test_a_prefix_is_a_folder_and_an_object_is_itself(route: Route) -> None:
    route.put("data/x", b"x")
    route.put("database/y", b"y")
    route.put("one", b"1")
    route.run(source=f"{route.source}/data", target=f"gs://{route.name}/only")
    route.run(source=f"{route.source}/one", target=f"gs://{route.name}/renamed")
    route.run(source=f"{route.source}/one", target=f"gs://{route.name}/folder/")
    assert route.names() == ["folder/one", "only/x", "renamed"]


def test_a_dry_run_says_what_it_would_do_and_does_nothing(route: Route) -> None:
    route.put("there", b"1")
    route.run()
    route.put("new", b"2")
    report, heard = route.run(dry_run=True)
    assert (report.counts[Kind.PLANNED], report.counts[Kind.SKIPPED], report.moved) == (1, 1, 0)
    assert {outcome.target for outcome in heard.outcomes} == {
        f"{route.target}/new",
        f"{route.target}/there",
    }
    assert route.names() == ["out/there"]


def test_many_objects_over_several_pages_of_both_lists(route: Route) -> None:
    for number in range(1050):
        route.put(f"{number:04}", b"%d" % number)
    report, _ = route.run()
    assert report.counts[Kind.COPIED] == 1050
    assert route.content("1049") == b"1049"
    report, _ = route.run()
    assert report.counts[Kind.SKIPPED] == 1050


class _Slow(Hook):
    """Holds requests until as many are there at once as are expected, or none comes any more."""

    def __init__(self, route: Route, wanted: int) -> None:
        self._route, self._wanted = route, wanted

    def answer(self, exchange: Exchange) -> None:
        import time

        deadline = time.monotonic() + 5
        wire = self._route.s3_wire
        while (
            exchange.method == "GET"
            and exchange.path.count("/") > 2
            and wire.busiest < self._wanted
            and time.monotonic() < deadline
        ):
            time.sleep(0.01)


@pytest.mark.parametrize("objects", [1, 8], ids=["parts of one object", "objects"])
def test_bodies_are_moved_side_by_side_and_never_more_than_jobs(route: Route, objects: int) -> None:
    for number in range(objects):
        route.put(f"{number}", os.urandom(8 * PART // objects))
    route.s3_wire.hook = _Slow(route, 4)
    report, _ = route.run(part_size=PART, jobs=4)
    assert report.complete
    assert route.s3_wire.busiest == 4


def test_the_sinks_key_encrypts_small_and_large_objects(route: Route, google_key: str) -> None:
    route.put("small", b"1")
    route.put("large", os.urandom(40 * PART))
    report, _ = route.run(part_size=PART, kms_key=google_key)
    assert report.complete, report.failures
    for name in ("small", "large"):
        assert route.blob(name).kms_key_name.startswith(google_key)


@pytest.fixture
def google_key(route: Route) -> Any:
    import httpx

    from tests.sandbox.gcp.google import NUMBER, PROJECT

    parent = f"projects/{PROJECT}/locations/us"
    with httpx.Client(base_url=route.google_url) as rest:
        ring = f"{parent}/keyRings"
        rest.post(f"/v1/{ring}?keyRingId={route.name}", json={}).raise_for_status()
        key = f"{ring}/{route.name}/cryptoKeys"
        body = {"purpose": "ENCRYPT_DECRYPT"}
        rest.post(f"/v1/{key}?cryptoKeyId=key", json=body).raise_for_status()
        agent = f"serviceAccount:service-{NUMBER}@gs-project-accounts.iam.gserviceaccount.com"
        role = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
        policy = {"policy": {"bindings": [{"role": role, "members": [agent]}]}}
        rest.post(f"/v1/{key}/key:setIamPolicy", json=policy).raise_for_status()
    return f"{key}/key"
