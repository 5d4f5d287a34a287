"""Bucket policies where moto would read them wrongly.

moto enforces statements for everybody and leaves their conditions out, so the usual "refuse
what is not TLS" statement would refuse everything. Requests on the loopback interface count as
secure; a statement with a condition is recorded and not enforced.
"""

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket


def _permission(bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = policy.get("Statement") or []
    statements = statements if isinstance(statements, list) else [statements]
    plain = [each for each in statements if not each.get("Condition")]
    if not plain:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps({**policy, "Statement": plain})).is_action_permitted(
        action, resource
    )


def install() -> None:
    """Replace moto's check."""
    FakeBucket.get_permission = _permission  # type: ignore[method-assign,assignment]
