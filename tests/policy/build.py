"""Makes the resources of a case, as they are before an update and after it."""

import copy
import json
from collections.abc import Mapping
from typing import Any

from policy import discovery, evaluation
from policy.evaluation import Finding, Outcome
from policy.resource import Resource
from policy.rule import LoadedRule
from policy.stack import Stack
from policy.values import UNKNOWN
from tests.policy.case import Case

RULES: Mapping[str, LoadedRule] = {rule.id: rule for rule in discovery.rules()}
MISSING = object()
DOCUMENT = "json:"


def urn(kind: str, name: str) -> str:
    """A URN as the engine makes them."""
    return f"urn:pulumi:test::trimaran::{kind}::{name}"


def changed(props: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`props` with another value at `path`, or without it when the value is MISSING."""
    result = copy.deepcopy(dict(props))
    *steps, last = path.split(".")
    holder: Any = result
    for step in steps:
        holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
    if value is not MISSING:
        if isinstance(holder, list):
            holder[int(last)] = value
        else:
            holder[last] = value
    elif isinstance(holder, list):
        del holder[int(last)]
    else:
        del holder[last]
    return result


def inputs(props: Mapping[str, Any]) -> dict[str, Any]:
    """`props` with its documents as text; one with an unknown part is unknown altogether."""
    result: dict[str, Any] = {}
    for key, value in props.items():
        if not key.startswith(DOCUMENT):
            result[key] = value
        else:
            known = "unknown" not in repr(value)
            result[key.removeprefix(DOCUMENT)] = json.dumps(value) if known else UNKNOWN
    return result


def judged(
    case: Case,
    value: Any = None,
    *,
    change: bool = False,
    alone: bool = False,
    up: bool = False,
    ids: bool = True,
) -> list[Finding]:
    """What the case's rule says of its resource.

    change: put `value` where the case decides.
    alone:  leave out what is beside it.
    up:     ids are known, as during an update, and not as before it.
    ids:    they stand among the outputs, which not every provider puts them.
    """
    rule = RULES[case.rule]
    props = [case.good, *(beside.props for beside in case.beside)]
    if change:
        index = 0 if case.on is None else case.on + 1
        props[index] = changed(props[index], case.at, value)
    own = inputs(props[0])
    depends: dict[str, frozenset[str]] = {}
    subject_urn = urn(case.type, "judged")
    others: list[Resource] = []
    for index, beside in enumerate(() if alone else case.beside):
        name = f"beside-{index}"
        other = inputs(props[index + 1])
        links: dict[str, frozenset[str]] = {}
        if beside.by:
            owner = "judged" if beside.of is None else f"beside-{beside.of}"
            kind = case.type if beside.of is None else case.beside[beside.of].type
            other = changed(other, beside.by, f"{owner}-id" if up else UNKNOWN)
            links[beside.by.partition(".")[0]] = frozenset({urn(kind, owner)})
        if beside.named:
            top = beside.named.partition(".")[0]
            own = changed(own, beside.named, f"{name}-id" if up else UNKNOWN)
            depends[top] = depends.get(top, frozenset()) | {urn(beside.type, name)}
        others.append(
            Resource(
                urn=urn(beside.type, name),
                token=beside.type,
                name=name,
                inputs=other,
                outputs={**other, "id": f"{name}-id"} if up and ids else other,
                depends=links,
                facts=case.facts,
            )
        )
    subject = Resource(
        urn=subject_urn,
        token=case.type,
        name="judged",
        inputs=own,
        outputs={**own, "id": "judged-id"} if up and ids else own,
        depends=depends,
        provider=case.provider,
        facts=case.facts,
    )
    stack = Stack(resources=(subject, *others), facts=case.facts)
    found = [*evaluation.each([rule], subject), *evaluation.together([rule], stack)]
    return [finding for finding in found if finding.resource is subject]


def outcomes(findings: list[Finding]) -> set[Outcome]:
    """The outcomes of some findings; empty when the rule did not look at the resource."""
    return {finding.outcome for finding in findings}
