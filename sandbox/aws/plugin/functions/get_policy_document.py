"""``aws:iam/getPolicyDocument:getPolicyDocument``."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.aws.plugin.cloud import Cloud


def get_policy_document(_: Cloud, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Statements as an IAM policy document in JSON, merged as the real provider merges them."""
    statements = _sourced(arguments.get("sourcePolicyDocuments") or ())
    statements = _merged(statements, [_statement(s) for s in arguments.get("statements") or ()])
    statements = _merged(statements, _sourced(arguments.get("overridePolicyDocuments") or ()))
    document: dict[str, Any] = {"Version": arguments.get("version") or "2012-10-17"}
    if arguments.get("policyId"):
        document["Id"] = arguments["policyId"]
    document["Statement"] = statements
    text = json.dumps(document, indent=2)
    return {
        **{key: value for key, value in arguments.items() if value is not None},
        "id": str(int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)),
        "json": text,
        "minifiedJson": json.dumps(document, separators=(",", ":")),
    }


def _statement(given: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if given.get("sid"):
        found["Sid"] = given["sid"]
    found["Effect"] = given.get("effect") or "Allow"
    for name, member in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if given.get(name):
            found[member] = _one_or_many(given[name])
    for name, member in (("principals", "Principal"), ("notPrincipals", "NotPrincipal")):
        if given.get(name):
            found[member] = _principals(given[name])
    if given.get("conditions"):
        found["Condition"] = _conditions(given["conditions"])
    return found


def _one_or_many(values: Sequence[str]) -> Any:
    ordered = sorted(set(values), reverse=True)
    return ordered[0] if len(ordered) == 1 else ordered


def _principals(given: Sequence[Mapping[str, Any]]) -> Any:
    if len(given) == 1 and given[0]["type"] == "*" and list(given[0]["identifiers"]) == ["*"]:
        return "*"
    found: dict[str, list[str]] = {}
    for principal in given:
        found.setdefault(principal["type"], []).extend(principal["identifiers"])
    return {kind: _one_or_many(names) for kind, names in found.items()}


def _conditions(given: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for condition in given:
        values = list(condition["values"])
        test = found.setdefault(condition["test"], {})
        test[condition["variable"]] = values[0] if len(values) == 1 else values
    return found


def _sourced(documents: Sequence[str]) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = []
    for text in documents:
        found = json.loads(text or "{}").get("Statement", [])
        statements = _merged(statements, [found] if isinstance(found, dict) else list(found))
    return statements


def _merged(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Statements of both; one with the ``Sid`` of an earlier one takes its place."""
    result = list(first)
    for statement in second:
        sid = statement.get("Sid")
        places = [i for i, one in enumerate(result) if sid and one.get("Sid") == sid]
        if places:
            result[places[0]] = statement
        else:
            result.append(statement)
    return result
