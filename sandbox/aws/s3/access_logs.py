"""Whether a bucket's policy lets access logs in: moto compares texts, the cloud patterns."""

import json
from fnmatch import fnmatchcase
from typing import Any, Final

from moto.s3.models import FakeBucket

_MOTOS_CHECK: Final = "_log_permissions_enabled_policy"
_DELIVERY: Final = "logging.s3.amazonaws.com"
_ACTIONS: Final = frozenset({"s3:PutObject", "s3:Put*", "s3:*", "*"})


def install() -> None:
    """Puts the check in the place of moto's."""
    setattr(FakeBucket, _MOTOS_CHECK, staticmethod(accepts_logs))


def accepts_logs(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    """Whether ``target_bucket``'s policy allows the delivery of logs below ``target_prefix``."""
    if not target_bucket.policy:
        return False
    wanted = f"arn:{target_bucket.partition}:s3:::{target_bucket.name}/{target_prefix or ''}log"
    return any(
        statement.get("Effect") == "Allow"
        and _DELIVERY in _services(statement.get("Principal"))
        and _ACTIONS.intersection(_listed(statement.get("Action")))
        and any(fnmatchcase(wanted, pattern) for pattern in _listed(statement.get("Resource")))
        for statement in _listed(json.loads(target_bucket.policy).get("Statement"))
    )


def _services(principal: Any) -> list[Any]:
    return _listed(principal.get("Service")) if isinstance(principal, dict) else []


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
