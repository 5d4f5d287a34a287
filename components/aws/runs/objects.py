"""Objects in S3, written and read as the handlers need them."""

from pathlib import Path
from urllib.parse import urlsplit

from components.aws.runs.cloud import client, explained, is_missing
from components.runs.polling import Polling
from plugin.handler import Properties


def put(polling: Polling, uri: str, file: Path, properties: Properties) -> None:
    """Stores a file, large ones in parts; ``storageKeyId`` is the key that S3 encrypts it with.

    Raises:
        ResourceFailedError: when S3 refuses.
    """
    del polling
    bucket, key = _parts(uri)
    storage_key = properties.get("storageKeyId")
    extra = {"ContentType": "application/octet-stream"}
    if storage_key:
        extra |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": str(storage_key)}
    with explained(uri):
        client("s3", properties.get("region")).upload_file(str(file), bucket, key, ExtraArgs=extra)


def first_bytes(uri: str, count: int, properties: Properties) -> bytes | None:
    """What an object begins with; ``None`` when it is not there.

    Raises:
        ResourceFailedError: when S3 does not tell.
    """
    from botocore.exceptions import ClientError

    bucket, key = _parts(uri)
    with explained(uri):
        try:
            answer = client("s3", properties.get("region")).get_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return None
            raise
        with answer["Body"] as body:
            start: bytes = body.read(count)
    return start


def remove(uri: str, properties: Properties) -> None:
    """Deletes an object, or hides it where versions are kept; one that is gone is no error.

    Raises:
        ResourceFailedError: when S3 refuses.
    """
    from botocore.exceptions import ClientError

    bucket, key = _parts(uri)
    with explained(uri):
        try:
            client("s3", properties.get("region")).delete_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if not is_missing(error):
                raise


def _parts(uri: str) -> tuple[str, str]:
    split = urlsplit(uri)
    return split.netloc, split.path.lstrip("/")
