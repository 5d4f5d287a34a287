"""What a handler talks to: the sandbox's API in one region, and the identity it acts under."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from plugin.handler import ResourceFailedError
from plugin.provider import Context
from sandbox.aws.clients import client

DEFAULT_REGION = "us-east-1"

_GONE = re.compile(r"(NotFound(Exception|Error|Fault)?$)|(^NoSuch)|(DoesNotExist)")
_GONE_TEXT = re.compile(
    r"(could not find)|(not found)|(does not exist)|(no such)|(not owned by the current account)",
    re.IGNORECASE,
)
_VAGUE = {
    "BadRequestException",
    "InvalidRequestException",
    "ValidationError",
    "ValidationException",
}


@dataclass(frozen=True)
class Configuration:
    """What the program configured of this provider."""

    region: str = DEFAULT_REGION
    default_tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cloud:
    """The API of one region, for the length of one operation."""

    endpoint_url: str
    region: str
    context: Context

    @property
    def account(self) -> str:
        """The account's id, twelve digits."""
        return account_id(self.endpoint_url)

    @property
    def partition(self) -> str:
        """``aws``, ``aws-cn`` or ``aws-us-gov``."""
        return partition_of(self.region)

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """The ARN of a resource of this account."""
        region = self.region if regional else ""
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def client(self, service: str) -> Any:
        """The cached boto3 client of a service."""
        return client(self.endpoint_url, service, self.region)

    def run(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """Calls an operation (``create_model``); parameters that are ``None`` are left out.

        Raises:
            ClientError: when the cloud refuses.
        """
        given = {name: value for name, value in parameters.items() if value is not None}
        call: Callable[..., dict[str, Any]] = getattr(self.client(service), operation)
        return call(**given)


def code_of(error: ClientError) -> str:
    """The cloud's error code, e.g. ``NoSuchBucket``."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """The cloud's error text."""
    return str(error.response.get("Error", {}).get("Message", ""))


def is_gone(error: ClientError) -> bool:
    """Whether the cloud says that the resource does not exist."""
    code = code_of(error)
    if code in _VAGUE:
        return bool(_GONE_TEXT.search(message_of(error)))
    return code == "404" or bool(_GONE.search(code))


def explained(action: str, error: ClientError | BotoCoreError) -> ResourceFailedError:
    """The error as the user should see it: what was tried and what the cloud said."""
    if isinstance(error, ClientError):
        said = f"{error.operation_name}: {code_of(error)}: {message_of(error)}"
    else:
        said = str(error)
    return ResourceFailedError(f"{action}: {said}")


@functools.cache
def account_id(endpoint_url: str) -> str:
    """The account of the sandbox."""
    return str(client(endpoint_url, "sts", DEFAULT_REGION).get_caller_identity()["Account"])


def partition_of(region: str) -> str:
    """The partition a region belongs to."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def dns_suffix_of(region: str) -> str:
    """The domain of a region's services."""
    return "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
