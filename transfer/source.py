"""Amazon S3, to read from: lists, describes and reads objects, whole or in ranges.

Credentials, region and endpoint are boto3's own (``AWS_ENDPOINT_URL`` and its siblings).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    ResponseStreamingError,
)

from transfer import checksums
from transfer.errors import (
    ChecksumMismatch,
    SourceChanged,
    SourceMissing,
    SourceUnreadable,
    TransferError,
    Unusable,
)

ATTEMPTS = 5
_BROKEN_OFF = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError, HTTPClientError)
_Answer = TypeVar("_Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceObject:
    """One object as a list shows it: ``size`` in bytes, ``etag`` with its quotation marks."""

    bucket: str
    key: str
    size: int
    etag: str
    modified: datetime

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def version(self) -> str:
        """What tells this content and description of the object from any other."""
        return f"{self.etag} {self.modified.isoformat()}"


@dataclass(frozen=True, kw_only=True)
class Description:
    """What an object has beside its content.

    digests: checksums of the whole content in base64, by algorithm; empty where S3 has none.
    """

    content_type: str | None = None
    content_encoding: str | None = None
    content_language: str | None = None
    content_disposition: str | None = None
    cache_control: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


class S3Source:
    """A bucket of S3. Safe to use from several threads."""

    def __init__(self, bucket: str, *, connections: int, region: str | None = None) -> None:
        self.bucket = bucket
        config = Config(
            max_pool_connections=connections, retries={"mode": "standard", "max_attempts": ATTEMPTS}
        )
        # A session of its own: what boto3 keeps for everybody may be another login by now.
        self._client = self._told(
            lambda: boto3.Session().client("s3", region_name=region, config=config),
            f"s3://{bucket}",
        )

    def close(self) -> None:
        self._client.close()

    def objects(self, prefix: str) -> Iterator[SourceObject]:
        """The objects whose key begins with ``prefix``, a page in memory at a time."""
        pages = iter(
            self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix
            )
        )
        while page := self._told(lambda: next(pages, None), f"s3://{self.bucket}"):
            for item in page.get("Contents", []):
                yield SourceObject(
                    bucket=self.bucket,
                    key=item["Key"],
                    size=item["Size"],
                    etag=item["ETag"],
                    modified=item["LastModified"],
                )

    def find(self, key: str) -> SourceObject:
        """One object. Raises SourceMissing when there is none of that key."""
        where = f"s3://{self.bucket}/{key}"
        head = self._told(lambda: self._client.head_object(Bucket=self.bucket, Key=key), where)
        return SourceObject(
            bucket=self.bucket,
            key=key,
            size=head["ContentLength"],
            etag=head["ETag"],
            modified=head["LastModified"],
        )

    def describe(self, item: SourceObject) -> Description:
        """What the object has beside its content. Raises SourceChanged."""
        return self._description(self._told(lambda: self._ask("head_object", item), str(item)))

    def read(self, item: SourceObject) -> tuple[Description, bytes]:
        """The whole object; what arrived is compared with every checksum that S3 has of it."""

        def read() -> tuple[Description, bytes]:
            answer = self._ask("get_object", item, ChecksumMode="ENABLED")
            return self._description(answer), _body(answer, item.size)

        description, data = self._read(read, item)
        for algorithm, wanted in description.digests.items():
            compare(item, algorithm, wanted, checksums.digest(algorithm, data))
        return description, data

    def read_range(self, item: SourceObject, offset: int, size: int) -> bytes:
        """``size`` bytes from ``offset`` on. Raises SourceChanged."""
        span = f"bytes={offset}-{offset + size - 1}"
        return self._read(lambda: _body(self._ask("get_object", item, Range=span), size), item)

    def _ask(self, method: str, item: SourceObject, **more: str) -> Any:
        if method == "head_object":
            more["ChecksumMode"] = "ENABLED"
        # Every request names the content that it means, so that no two contents are mixed.
        call = getattr(self._client, method)
        return call(Bucket=self.bucket, Key=item.key, IfMatch=item.etag, **more)

    def _read(self, read: Callable[[], _Answer], item: SourceObject) -> _Answer:
        """Read a body; boto3 repeats requests, but not bodies that broke off."""
        for attempt in range(1, ATTEMPTS):
            try:
                return self._told(read, str(item), broken_off=True)
            except _BROKEN_OFF:
                time.sleep(min(0.1 * 2**attempt, 5))
        return self._told(read, str(item))

    def _description(self, answer: Mapping[str, Any]) -> Description:
        return Description(
            content_type=answer.get("ContentType"),
            content_encoding=answer.get("ContentEncoding") or None,
            content_language=answer.get("ContentLanguage"),
            content_disposition=answer.get("ContentDisposition"),
            cache_control=answer.get("CacheControl"),
            metadata=answer.get("Metadata", {}),
            digests=digests(answer),
        )

    def _told(
        self, call: Callable[[], _Answer], where: str, *, broken_off: bool = False
    ) -> _Answer:
        """Call, and tell failures as this package does."""
        try:
            return call()
        except FlexibleChecksumError as error:
            raise _mismatch(where, str(error)) from None
        except ClientError as error:
            raise self._refused(error, where) from None
        except (NoCredentialsError, PartialCredentialsError, ProfileNotFound) as error:
            raise Unusable(
                f"{where}: no AWS credentials: {error}",
                remedy="log in, for instance with `aws sso login`, or set AWS_PROFILE",
            ) from None
        except BotoCoreError as error:
            if broken_off and isinstance(error, _BROKEN_OFF):
                raise
            kind = Unusable if where == f"s3://{self.bucket}" else SourceUnreadable
            raise kind(
                f"{where}: {error}",
                remedy="look at the network and AWS_ENDPOINT_URL; the next run goes on from the "
                "last finished part",
            ) from None

    def _refused(self, error: ClientError, where: str) -> TransferError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        bucket_only = where == f"s3://{self.bucket}"
        if code == "NoSuchBucket" or (bucket_only and status == 404):
            return Unusable(
                f"s3://{self.bucket}: there is no such bucket",
                remedy="look at its name and at the account: `aws s3 ls`",
            )
        if status == 412:
            return SourceChanged(
                f"{where} changed while it was read", remedy="run again when it is at rest"
            )
        if status == 404:
            return SourceMissing(f"{where}: there is no such object", remedy="look at its name")
        if code == "InvalidObjectState":
            return SourceUnreadable(
                f"{where} is archived (Glacier)",
                remedy="restore it first: `aws s3api restore-object`, then run again",
            )
        if status in (401, 403):
            kind = Unusable if bucket_only else SourceUnreadable
            return kind(
                f"{where}: access denied ({code})",
                remedy="needed are s3:ListBucket on the bucket, s3:GetObject on its objects, and "
                "kms:Decrypt on their key",
            )
        said = error.response.get("Error", {}).get("Message", "")
        return SourceUnreadable(f"{where}: {code}: {said}", remedy="run again in a while")


def digests(answer: Mapping[str, Any]) -> dict[str, str]:
    """The checksums of the whole content that an answer of S3 names, in base64.

    A checksum of parts' checksums is not one of the content; an ETag is the MD5 only of an object
    that was uploaded in one piece and is not encrypted with a key of KMS or of the customer.
    """
    found = {}
    tag = answer.get("ETag", "").strip('"')
    for algorithm in checksums.KNOWN:
        value = answer.get(f"Checksum{algorithm}")
        # Where the kind is not said, an object made of parts has the older of the two.
        kind = answer.get("ChecksumType") or ("COMPOSITE" if "-" in tag else "FULL_OBJECT")
        if value and "-" not in value and kind == "FULL_OBJECT":
            found[algorithm] = value
    plain = answer.get("ServerSideEncryption", "AES256") == "AES256"
    if len(tag) == 32 and plain and "SSECustomerAlgorithm" not in answer:
        with suppress(ValueError):
            found["MD5"] = checksums.base64_of_hex(tag)
    return found


def compare(item: SourceObject, algorithm: str, wanted: str, read: str) -> None:
    """Raises ChecksumMismatch when what was read is not what S3 has."""
    if wanted != read:
        raise _mismatch(str(item), f"S3 says {algorithm} {wanted}, what arrived has {read}")


def _mismatch(where: str, detail: str) -> ChecksumMismatch:
    return ChecksumMismatch(
        f"{where} was damaged on the way: {detail}; nothing was written under its name",
        remedy="run again; if it happens twice, read the object at its source",
    )


def _body(answer: Any, size: int) -> bytes:
    with closing(answer["Body"]) as body:
        data: bytes = body.read()
    if len(data) != size:
        raise IncompleteReadError(actual_bytes=len(data), expected_bytes=size)
    return data
