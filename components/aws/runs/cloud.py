"""boto3 as the handlers use it: clients, and errors in words for the user.

Region, credentials and endpoints come from boto3's own chain (``AWS_PROFILE``,
``AWS_ENDPOINT_URL``, …) in the environment of ``pulumi``; none of them enters the state.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from plugin.handler import ResourceFailedError

_lock = threading.Lock()
_clients: dict[tuple[str, str | None], Any] = {}

# Codes with which the services say that the thing asked for is not there.
_MISSING_CODES: Final = frozenset(
    {
        "404",
        "EntityNotFoundException",
        "NoSuchBucket",
        "NoSuchKey",
        "NotFound",
        "ResourceNotFound",
        "ResourceNotFoundException",
    }
)
# SageMaker answers with a plain ValidationException and says it in the text only.
_MISSING_TEXTS: Final = ("could not find", "does not exist", "not found", "cannot find")


def client(service: str, region: str | None) -> Any:
    """The process's client of ``service``; ``None`` for the environment's region.

    Throttling and passing faults are retried with botocore's own back-off.
    """
    # boto3 itself reads AWS_DEFAULT_REGION only; the provider `aws` reads this one first.
    region = region or os.environ.get("AWS_REGION") or None
    with _lock:  # boto3's default session is not made for several threads
        key = (service, region)
        if key not in _clients:
            import boto3
            from botocore.config import Config

            config = Config(
                retries={"mode": "standard", "total_max_attempts": 10},
                connect_timeout=10,
                read_timeout=60,
                user_agent_extra="trimaran",
            )
            _clients[key] = boto3.client(service, region_name=region, config=config)
        return _clients[key]


def forget_clients() -> None:
    """Drops the clients, for a changed environment (tests)."""
    with _lock:
        _clients.clear()


def error_code(error: Exception) -> str:
    """The service's code of a botocore ``ClientError``; ``""`` for other errors."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def is_missing(error: Exception) -> bool:
    """Whether the service said that the thing asked for does not exist."""
    code = error_code(error)
    if code in _MISSING_CODES:
        return True
    text = str(error).lower()
    return code == "ValidationException" and any(words in text for words in _MISSING_TEXTS)


@contextmanager
def explained(subject: str) -> Iterator[None]:
    """Turns errors of boto3 into errors for the user that begin with ``subject``.

    Raises:
        ResourceFailedError: in place of any error of botocore.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        detail = error.response.get("Error", {})
        text = str(detail.get("Message") or error).rstrip(".")
        raise ResourceFailedError(
            f"{subject}: {error.operation_name} failed with {error_code(error)}: {text}."
            f"{_remedy(error_code(error))}"
        ) from error
    except BotoCoreError as error:
        text = str(error).rstrip(".")
        raise ResourceFailedError(f"{subject}: {text}.{_remedy(type(error).__name__)}") from error


def parse_s3_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of ``s3://bucket/key``.

    Raises:
        ResourceFailedError: for anything else.
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        raise ResourceFailedError(f"{uri!r} is no S3 address: expected s3://bucket/key")
    return bucket, key


def object_exists(uri: str, region: str | None) -> bool:
    """Whether the S3 object is there.

    Raises:
        ResourceFailedError: when S3 does not tell, e.g. for lack of permission.
    """
    from botocore.exceptions import ClientError

    bucket, key = parse_s3_uri(uri)
    with explained(uri):
        try:
            client("s3", region).head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if is_missing(error):
                return False
            raise
    return True


def _remedy(code: str) -> str:
    if code in {"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}:
        return " Grant the identity that runs Pulumi this permission, then run `pulumi up` again."
    if code in {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"} or code in {
        "NoCredentialsError",
        "PartialCredentialsError",
        "UnauthorizedSSOTokenError",
    }:
        return " Sign in to AWS (`aws sso login`, or set AWS_PROFILE), then run `pulumi up` again."
    if code in {"EndpointConnectionError", "ConnectionClosedError", "ConnectTimeoutError"}:
        return " Check the network, and AWS_ENDPOINT_URL if it is set, then run `pulumi up` again."
    if code == "NoRegionError":
        return " Set `aws:region` of the stack, or AWS_REGION."
    return ""
