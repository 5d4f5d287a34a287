"""``aws:index/getCallerIdentity:getCallerIdentity``."""

from collections.abc import Mapping
from typing import Any

from sandbox.aws.plugin.cloud import Cloud


def get_caller_identity(cloud: Cloud, _: Mapping[str, Any]) -> Mapping[str, Any]:
    """Who the sandbox takes the caller for."""
    found = cloud.run("sts", "get_caller_identity")
    account = found["Account"]
    return {"accountId": account, "arn": found["Arn"], "id": account, "userId": found["UserId"]}
