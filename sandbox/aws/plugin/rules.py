"""Value rules that only AWS has: IAM policies, ARNs, the values botocore knows."""

import difflib
import json
from typing import Any

from sandbox.aws.plugin.wire import shape
from sandbox.plugins.rules import Rule, each, matches


def policy_text(path: str) -> Rule:
    """The text must be an IAM policy document: statements with an effect and actions."""

    def fault(value: Any) -> str | None:
        try:
            document = json.loads(value)
        except ValueError as error:
            return f"contains an invalid JSON policy: {error}"
        return _policy_fault(document)

    return each(path, fault)


def _policy_fault(document: Any) -> str | None:
    statements = document.get("Statement") if isinstance(document, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list):
        return "contains an invalid JSON policy: it has no Statement"
    for number, statement in enumerate(statements):
        if not isinstance(statement, dict) or statement.get("Effect") not in ("Allow", "Deny"):
            return f"policy statement {number} has no Effect of Allow or Deny"
        if not statement.keys() & {"Action", "NotAction"}:
            return f"policy statement {number} has no Action"
    return None


def enumerated(path: str, service: str, shape_name: str) -> Rule:
    """The value must be one of those that botocore knows for a shape of the service."""

    def fault(value: Any) -> str | None:
        allowed = shape(service, shape_name).enum
        if value in allowed:
            return None
        near = difflib.get_close_matches(str(value), allowed, n=3)
        hint = f"; near: {', '.join(near)}" if near else ""
        return f"{value!r} is not one of the {len(allowed)} values of {shape_name}{hint}"

    return each(path, fault)


ARN = r"arn:[\w-]+:[a-zA-Z0-9\-]+:[a-z0-9\-]*:(\d{12}|aws|)?:.+"


def arn(path: str) -> Rule:
    """The text must be an ARN."""
    return matches(path, ARN, "expected an ARN such as arn:aws:service:region:account:resource")
