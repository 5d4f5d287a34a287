"""Where a transfer reads: the sandbox's S3, or one of its own buckets."""

import base64
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.errors import JobError
from sandbox.gcp.context import Context
from sandbox.gcp.storage.bodies import chunks_of
from sandbox.gcp.transfer.agent import assume_role
from sandbox.store import Record

CHUNK = 1 << 20


class ChecksumError(JobError):
    """What arrived is not what the source says it has."""


@dataclass
class Item:
    """One object of the source.

    Attributes:
        name: relative to the source's path.
        etag: changes when the content does.
        md5: base64, when the source knows it.
    """

    name: str
    size: int
    etag: str
    modified: datetime
    open: Callable[[], tuple[Iterable[bytes], Record]] = field(repr=False)
    md5: str = ""


class Source:
    """Lists objects below a path and can delete them."""

    def items(self) -> Iterator[Item]:
        raise NotImplementedError

    def delete(self, item: Item) -> None:
        raise NotImplementedError

    def url(self, item: Item) -> str:
        """The item as reports of errors name it."""
        raise NotImplementedError


class S3Source(Source):
    """A bucket of the sandbox's AWS, read with the role of the transfer."""

    def __init__(self, context: Context, project: str, spec: Record) -> None:
        """Raises JobError when the role does not trust the agent."""
        from sandbox.aws.clients import client

        if spec.get("roleArn"):
            assume_role(context, project, spec["roleArn"])
        self._client = client(context.aws_url, "s3", "us-east-1")
        self._bucket, self._path = spec["bucketName"], spec.get("path", "")

    def items(self) -> Iterator[Item]:
        from botocore.exceptions import ClientError

        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=self._path
        )
        try:
            for page in pages:
                for found in page.get("Contents", []):
                    yield self._item(found)
        except ClientError as error:
            raise JobError(f"cannot list s3://{self._bucket}/{self._path}: {error}") from error

    def _item(self, found: Any) -> Item:
        key, etag = found["Key"], found["ETag"].strip('"')
        return Item(
            name=key.removeprefix(self._path),
            size=int(found["Size"]),
            etag=etag,
            modified=found["LastModified"],
            open=lambda: self._open(key),
            # The tag of an object uploaded in parts is no MD5 of its content.
            md5="" if "-" in etag else base64.b64encode(bytes.fromhex(etag)).decode(),
        )

    def _open(self, key: str) -> tuple[Iterable[bytes], Record]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=key)
        except (BotoCoreError, ClientError) as error:
            raise JobError(f"cannot read s3://{self._bucket}/{key}: {error}") from error
        fields = {
            "contentType": answer.get("ContentType"),
            "cacheControl": answer.get("CacheControl"),
            "contentDisposition": answer.get("ContentDisposition"),
            "contentEncoding": answer.get("ContentEncoding"),
            "contentLanguage": answer.get("ContentLanguage"),
            "metadata": answer.get("Metadata") or None,
        }
        given = {name: value for name, value in fields.items() if value}
        return self._chunks(answer["Body"], key), given

    def _chunks(self, body: Any, key: str) -> Iterator[bytes]:
        from botocore.exceptions import BotoCoreError, FlexibleChecksumError

        try:
            yield from body.iter_chunks(CHUNK)
        except FlexibleChecksumError as error:
            raise ChecksumError(f"what S3 sent has not S3's own checksum: {error}") from error
        except BotoCoreError as error:
            raise JobError(f"reading s3://{self._bucket}/{key} broke off: {error}") from error

    def url(self, item: Item) -> str:
        return f"s3://{self._bucket}/{self._path}{item.name}"

    def delete(self, item: Item) -> None:
        self._client.delete_object(Bucket=self._bucket, Key=self._path + item.name)


class GcsSource(Source):
    """Another bucket of Cloud Storage."""

    def __init__(self, context: Context, spec: Record) -> None:
        self._objects = context.objects
        self._bucket, self._path = spec["bucketName"], spec.get("path", "")

    def items(self) -> Iterator[Item]:
        start = self._path
        while True:
            found = self._objects.scan(
                self._bucket,
                start=start,
                end=self._path + "\U0010ffff",
                states=("live",),
                limit=500,
            )
            for generation in found:
                start = generation.name + "\0"
                yield Item(
                    name=generation.name.removeprefix(self._path),
                    size=int(generation.value["size"]),
                    etag=generation.value["crc32c"],
                    modified=datetime.fromisoformat(generation.value["updated"]),
                    open=self._opener(generation.body, generation.value),
                    md5=generation.value.get("md5Hash", ""),
                )
            if len(found) < 500:
                return

    def _opener(self, body: str, value: Record) -> Callable[[], tuple[Iterable[bytes], Record]]:
        kept = ("contentType", "cacheControl", "contentEncoding", "contentLanguage", "metadata")

        def chunks() -> Iterator[bytes]:
            with self._objects.bodies.path(body).open("rb") as file:
                yield from chunks_of(file)

        return lambda: (chunks(), {name: value[name] for name in kept if name in value})

    def url(self, item: Item) -> str:
        return f"gs://{self._bucket}/{self._path}{item.name}"

    def delete(self, item: Item) -> None:
        generation = self._objects.find(self._bucket, self._path + item.name)
        bucket = self._objects.store.get("buckets", self._bucket)
        if generation is not None and bucket is not None:
            released = self._objects.retire(bucket, generation)
            self._objects.bodies.delete([released] if released else [])


def source_of(context: Context, project: str, spec: Record) -> Source:
    """The source a TransferSpec names.

    Raises:
        JobError: it cannot be read.
    """
    if "awsS3DataSource" in spec:
        return S3Source(context, project, spec["awsS3DataSource"])
    return GcsSource(context, spec["gcsDataSource"])
