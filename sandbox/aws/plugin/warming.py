"""Gets slow first times over with while the user's program still starts.

The first client of a service reads its description, and the wire server's first request of a
service imports what answers it: together about a second for the services here. EC2 alone costs as
much again and is needed by stacks with a network only, so it waits for its first use.
"""

import logging
import threading
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from sandbox.aws.clients import client
from sandbox.aws.plugin.cloud import DEFAULT_REGION
from sandbox.aws.plugin.registry import handler_classes

_CHEAP: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("sts", "get_caller_identity", {}),
    ("kms", "list_keys", {"Limit": 1}),
    ("s3", "list_buckets", {}),
    ("iam", "list_roles", {"MaxItems": 1}),
    ("glue", "list_crawlers", {"MaxResults": 1}),
    ("athena", "list_work_groups", {"MaxResults": 1}),
    ("logs", "describe_log_groups", {"limit": 1}),
    ("sns", "list_topics", {}),
    ("cloudwatch", "list_dashboards", {}),
    ("sagemaker", "list_models", {"MaxResults": 1}),
    ("budgets", "describe_budgets", {"AccountId": "123456789012"}),
    (
        "application-autoscaling",
        "describe_scalable_targets",
        {"ServiceNamespace": "sagemaker"},
    ),
)

log = logging.getLogger(__name__)


def start(endpoint_url: str) -> threading.Thread:
    """Begins in the background; the thread ends by itself, also when the sandbox has gone."""
    thread = threading.Thread(
        target=_warm, args=(endpoint_url,), name="plugin-warming", daemon=True
    )
    thread.start()
    return thread


def _warm(endpoint_url: str) -> None:
    for kind in handler_classes().values():
        _ = kind(endpoint_url).schema
    for service, operation, parameters in _CHEAP:
        try:
            getattr(client(endpoint_url, service, DEFAULT_REGION), operation)(**parameters)
        except ClientError as error:
            log.debug("%s: %s", service, error)
        except BotoCoreError:
            return
