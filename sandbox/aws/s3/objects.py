"""Objects in the sandbox's S3, read and written without a round trip over HTTP.

The services that work on data (Athena, Glue) run in the same process as the S3 they read,
so they take the bodies from moto's backend. URIs are ``s3://bucket/key``.
"""

from dataclasses import dataclass

from moto.s3.exceptions import MissingBucket
from moto.s3.models import FakeKey, S3Backend, s3_backends


class ObjectMissing(LookupError):
    """The bucket or the object does not exist; the text is ready to show to a user."""


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """One current object: `size` in bytes."""

    bucket: str
    key: str
    size: int

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Split ``s3://bucket/key`` (s3a and s3n too) into bucket and key; ValueError otherwise."""
    scheme, separator, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if not separator or scheme not in {"s3", "s3a", "s3n"} or not bucket:
        raise ValueError(f"{uri!r} is not an S3 location; one looks like s3://bucket/path")
    return bucket, key


def _backend(account: str) -> S3Backend:
    return s3_backends[account]["aws"]


def bucket_exists(account: str, bucket: str) -> bool:
    """Whether there is such a bucket."""
    try:
        _backend(account).get_bucket(bucket)
    except MissingBucket:
        return False
    return True


def list_objects(account: str, uri: str) -> list[StoredObject]:
    """List the current objects whose key starts with the URI's key, in key order."""
    bucket_name, prefix = split_uri(uri)
    try:
        bucket = _backend(account).get_bucket(bucket_name)
    except MissingBucket:
        raise ObjectMissing(f"bucket {bucket_name} of {uri} does not exist") from None
    found = [
        StoredObject(bucket=bucket_name, key=name, size=key.size)
        for name, key in list(bucket.keys.items())
        if name.startswith(prefix) and isinstance(key, FakeKey)
    ]
    return sorted(found, key=lambda each: each.key)


def read_object(account: str, uri: str) -> bytes:
    """Return the whole body; ObjectMissing when there is no such object."""
    bucket_name, name = split_uri(uri)
    try:
        key = _backend(account).get_object(bucket_name, name)
    except MissingBucket:
        key = None
    if not isinstance(key, FakeKey):
        raise ObjectMissing(f"{uri} does not exist")
    return bytes(key.value)


def write_object(account: str, uri: str, body: bytes) -> None:
    """Store a body under the bucket's own default encryption."""
    bucket_name, name = split_uri(uri)
    try:
        _backend(account).put_object(bucket_name, name, body)
    except MissingBucket:
        raise ObjectMissing(f"bucket {bucket_name} of {uri} does not exist") from None
