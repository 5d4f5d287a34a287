"""IAM policy documents as data, rendered to JSON in one way.

Statements name principals, actions and resources; nothing here grants ``*`` to anybody.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pulumi

Statement: TypeAlias = Mapping[str, Any]


def allow(
    sid: str,
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]],
    *,
    condition: Mapping[str, Any] | None = None,
) -> Statement:
    """An identity-based statement."""
    statement: dict[str, Any] = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    if condition:
        statement["Condition"] = condition
    return statement


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """The policy document of ``statements``, whose values may be outputs, as JSON."""
    return pulumi.Output.json_dumps(
        {"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True
    )


def trust(service: str, *, account_id: str) -> str:
    """Lets one service assume a role, for this account only (no confused deputy)."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AssumeByService",
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                    "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
                }
            ],
        },
        sort_keys=True,
    )
