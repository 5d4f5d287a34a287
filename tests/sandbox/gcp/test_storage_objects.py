"""Objects through google-cloud-storage."""

import gzip
import os
from typing import Any

import httpx
import pytest
from google.api_core import exceptions

from tests.sandbox.gcp.google import Google


def _bucket(google: Google, name: str, **settings: Any) -> Any:
    client = google.storage()
    bucket = client.bucket(name)
    for key, value in settings.items():
        setattr(bucket, key, value)
    return client.create_bucket(bucket)


@pytest.mark.parametrize(
    ("size", "chunk"),
    [(0, None), (1000, None), (3_000_000, None), (10_000_000, None), (1_000_000, 262_144)],
    ids=["empty", "multipart", "large multipart", "resumable", "in chunks"],
)
def test_what_is_uploaded_is_what_is_downloaded(
    google: Google, size: int, chunk: int | None
) -> None:
    bucket = google.storage().bucket(f"round-trip-{size}-{chunk or 0}")
    google.storage().create_bucket(bucket)
    data = os.urandom(size)
    blob = bucket.blob("ein Pfad/mit ä+%?.bin", chunk_size=chunk)
    blob.metadata = {"origin": "test"}
    blob.upload_from_string(data, content_type="application/x-test", checksum="crc32c")
    found = bucket.get_blob("ein Pfad/mit ä+%?.bin")
    assert found.size == size
    assert found.metadata == {"origin": "test"}
    assert found.content_type == "application/x-test"
    assert found.download_as_bytes(checksum="md5") == data
    if size > 200:
        assert found.download_as_bytes(start=100, end=199) == data[100:200]


def test_a_body_that_is_not_what_was_meant_is_refused_and_leaves_nothing(google: Google) -> None:
    bucket = _bucket(google, "checked")
    headers = {"x-goog-hash": "crc32c=AAAAAA==", "content-type": "text/plain"}
    url = "/upload/storage/v1/b/checked/o?uploadType=media&name=bad"
    answer = google.rest.post(url, content=b"corrupted", headers=headers)
    assert answer.status_code == 400
    assert "CRC32C" in answer.json()["error"]["message"]
    assert bucket.get_blob("bad") is None
    body = google.sandbox.state.root / "gcp" / "objects"
    assert not [
        path for path in body.rglob("*") if path.is_file() and path.read_bytes() == b"corrupted"
    ]


def test_only_the_expected_generation_is_replaced(google: Google) -> None:
    bucket = _bucket(google, "conditions")
    blob = bucket.blob("state")
    blob.upload_from_string("1", if_generation_match=0)
    first = blob.generation
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("state").upload_from_string("2", if_generation_match=0)
    blob.upload_from_string("2", if_generation_match=first)
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.blob("state").delete(if_generation_match=first)
    assert bucket.blob("state").download_as_bytes() == b"2"
    # Without versioning nothing of the first is left beside the second.
    versions = google.storage().list_blobs(bucket, versions=True)
    assert [version.generation for version in versions] == [blob.generation]


def test_versions_stay_until_each_is_deleted(google: Google) -> None:
    bucket = _bucket(google, "versions", versioning_enabled=True)
    for text in ("one", "two"):
        bucket.blob("object").upload_from_string(text)
    bucket.blob("object").delete()
    client = google.storage()
    assert list(client.list_blobs(bucket)) == []
    versions = list(client.list_blobs(bucket, versions=True))
    assert [version.download_as_bytes() for version in versions] == [b"one", b"two"]
    with pytest.raises(exceptions.Conflict):
        bucket.delete()
    for version in versions:
        version.delete()
    bucket.delete()


def test_a_deleted_object_can_be_restored(google: Google) -> None:
    bucket = _bucket(google, "restore")
    blob = bucket.blob("object")
    blob.upload_from_string("kept")
    blob.delete()
    assert bucket.get_blob("object") is None
    listed = list(google.storage().list_blobs(bucket, soft_deleted=True))
    assert [item.name for item in listed] == ["object"]
    bucket.restore_blob("object", generation=listed[0].generation)
    assert bucket.blob("object").download_as_bytes() == b"kept"


def test_lists_have_pages_prefixes_and_folders_in_the_order_of_bytes(google: Google) -> None:
    bucket = _bucket(google, "lists")
    names = ["Z", "a/1", "a/2", "a/b/3", "a0", "b/1", "ä"]
    for name in reversed(names):
        bucket.blob(name).upload_from_string("x")
    client = google.storage()
    assert [item.name for item in client.list_blobs(bucket, page_size=2)] == names
    folders = client.list_blobs(bucket, delimiter="/", page_size=2)
    assert [item.name for item in folders] == ["Z", "a0", "ä"]
    assert folders.prefixes == {"a/", "b/"}
    inside = client.list_blobs(bucket, prefix="a/", delimiter="/")
    assert [item.name for item in inside] == ["a/1", "a/2"]
    assert inside.prefixes == {"a/b/"}
    some = client.list_blobs(bucket, start_offset="a/2", end_offset="b")
    assert [item.name for item in some] == ["a/2", "a/b/3", "a0"]


def test_objects_are_made_of_objects(google: Google) -> None:
    bucket = _bucket(google, "made-of")
    parts = [bucket.blob(name) for name in ("one", "two")]
    for part in parts:
        part.upload_from_string(part.name)
    whole = bucket.blob("whole")
    whole.compose(parts)
    assert whole.download_as_bytes() == b"onetwo"
    assert whole.md5_hash is None
    assert whole.component_count == 2
    copy = bucket.copy_blob(whole, bucket, "copy")
    assert copy.crc32c == whole.crc32c
    target = bucket.blob("rewritten")
    target.rewrite(whole)
    whole.delete()
    assert target.download_as_bytes() == copy.download_as_bytes() == b"onetwo"
    with pytest.raises(exceptions.NotFound):
        bucket.blob("none").compose([bucket.blob("missing")])


def test_a_batch_tells_of_each_of_its_requests(google: Google) -> None:
    bucket = _bucket(google, "batches")
    client = bucket.client
    for number in range(5):
        bucket.blob(f"object-{number}").upload_from_string("x")
    with client.batch():
        for number in range(4):
            bucket.delete_blob(f"object-{number}")
    assert [item.name for item in client.list_blobs(bucket)] == ["object-4"]
    batch = client.batch()
    with pytest.raises(exceptions.NotFound), batch:  # noqa: PT012 - told at the batch's end
        bucket.delete_blob("missing")
        bucket.delete_blob("object-4")
    assert list(client.list_blobs(bucket)) == []


def test_compressed_objects_are_opened_for_who_cannot(google: Google) -> None:
    bucket = _bucket(google, "compressed")
    blob = bucket.blob("text")
    blob.content_encoding = "gzip"
    blob.upload_from_string(gzip.compress(b"plain text"))
    url = f"{google.url}/storage/v1/b/compressed/o/text?alt=media"
    assert httpx.get(url, headers={"accept-encoding": "identity"}).content == b"plain text"
    assert blob.download_as_bytes(raw_download=True) == gzip.compress(b"plain text")


def test_a_page_of_another_site_is_not_answered(google: Google) -> None:
    for headers in ({"origin": "https://evil.example"}, {"host": "evil.example"}):
        assert google.rest.get("/storage/v1/b", headers=headers).status_code == 403


def test_composing_deletes_its_sources_past_versions_and_soft_delete_when_asked(
    google: Google,
) -> None:
    bucket = _bucket(google, "composed-for-good", versioning_enabled=True)
    parts = [bucket.blob(name) for name in ("a", "b")]
    for part in parts:
        part.upload_from_string(part.name)
    bucket.blob("kept").compose(parts)
    whole = bucket.blob("whole")
    whole.compose(parts, delete_source_objects=True)
    assert whole.download_as_bytes() == b"ab"
    versions = bucket.list_blobs(versions=True)
    assert [blob.name for blob in versions] == ["kept", "whole"]
    assert not list(bucket.list_blobs(soft_deleted=True))


def test_composing_deletes_no_source_that_is_retained(google: Google) -> None:
    bucket = _bucket(google, "composed-retained", retention_period=3600)
    part = bucket.blob("a")
    part.upload_from_string("a")
    with pytest.raises(exceptions.Forbidden, match="retention"):
        bucket.blob("whole").compose([part], delete_source_objects=True)
    assert [blob.name for blob in bucket.list_blobs()] == ["a"]


@pytest.mark.parametrize("line", ["\r\n", "\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("body", ["", "x", "\r\n", "a\n--other\nb\r\n\r\nc", "x" * 2_000_000])
def test_bodies_of_multipart_uploads_are_told_from_what_is_around_them(
    google: Google, line: str, body: str
) -> None:
    name = f"parts-{len(line)}-{len(body)}"
    _bucket(google, name)
    text = line.join(
        [
            "--edge",
            "Content-Type: application/json",
            "",
            '{"name": "object"}',
            "--edge",
            "content-type: text/x",
            "",
            body,
            "--edge--",
            "",
        ]
    )
    headers = {"content-type": 'multipart/related; boundary="edge"'}
    url = f"/upload/storage/v1/b/{name}/o?uploadType=multipart"
    answer = google.rest.post(url, content=text.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["contentType"] == "text/x"
    assert google.rest.get(answer.json()["mediaLink"]).text == body
    for broken in (
        "--edge\nno end",
        "",
        "--edge\n\n{}\n--edge",
        "--edge\n\nno JSON\n--edge\n\n\n--edge--",
    ):
        answer = google.rest.post(url, content=broken.encode(), headers=headers)
        assert answer.status_code == 400, broken
