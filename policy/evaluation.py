"""Holds resources to rules. Whatever goes wrong in a rule counts against the stack."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from policy.resource import Resource
from policy.rule import LoadedRule
from policy.settings import Exemption, PolicySettings
from policy.stack import Stack
from policy.values import UnknownValue


class Outcome(StrEnum):
    """What a rule says of a resource."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    EXEMPT = "exempt"
    UNKNOWN = "unknown"
    CRASH = "crash"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One outcome. `message` is empty for a pass."""

    rule: LoadedRule
    resource: Resource
    outcome: Outcome
    message: str = ""


def each(rules: Sequence[LoadedRule], resource: Resource) -> Iterator[Finding]:
    """What the rules that look at single resources say of one."""
    for rule in rules:
        check = rule.check
        if check is not None and rule.applies_to(resource):
            yield from _findings(rule, resource, partial(check, resource))


def together(rules: Sequence[LoadedRule], stack: Stack) -> Iterator[Finding]:
    """What the rules that look at whole stacks say of every resource."""
    for rule in rules:
        check = rule.check_in_stack
        if check is None:
            continue
        for resource in stack.resources:
            if rule.applies_to(resource):
                yield from _findings(rule, resource, partial(check, resource, stack))


def _findings(
    rule: LoadedRule, resource: Resource, check: Callable[[], Iterable[str]]
) -> Iterator[Finding]:
    """Violations as far as they were found, then what stopped the rule, if anything did."""
    found = False
    try:
        for message in check():
            found = True
            yield _violation(rule, resource, message)
    except UnknownValue as error:
        found = True
        message = f"{error.path} is not known before the update"
        yield Finding(rule=rule, resource=resource, outcome=Outcome.UNKNOWN, message=message)
    except Exception as error:  # noqa: BLE001 - a rule that cannot judge must not let pass
        found = True
        message = f"rule {rule.id} crashed on it: {type(error).__name__}: {error}"
        yield Finding(rule=rule, resource=resource, outcome=Outcome.CRASH, message=message)
    if not found:
        yield Finding(rule=rule, resource=resource, outcome=Outcome.PASS)


def _violation(rule: LoadedRule, resource: Resource, message: str) -> Finding:
    exemption = exempted(rule.id, resource, resource.facts.policy)
    if exemption is None:
        return Finding(rule=rule, resource=resource, outcome=Outcome.FAIL, message=message)
    message = f"{message}; exempt until {exemption.expires}: {exemption.reason}"
    return Finding(rule=rule, resource=resource, outcome=Outcome.EXEMPT, message=message)


def exempted(
    rule: str, resource: Resource, settings: PolicySettings, *, today: dt.date | None = None
) -> Exemption | None:
    """The exemption that lets `resource` break `rule` today; None when there is none."""
    today = today or dt.datetime.now(dt.UTC).date()
    for exemption in settings.exemptions:
        names = (resource.name, resource.urn)
        if exemption.rule == rule and exemption.resource in names and today <= exemption.expires:
            return exemption
    return None


def expired(settings: PolicySettings, *, today: dt.date | None = None) -> list[Exemption]:
    """The exemptions whose day is over."""
    today = today or dt.datetime.now(dt.UTC).date()
    return [exemption for exemption in settings.exemptions if exemption.expires < today]


def idle(
    settings: PolicySettings,
    enabled: Collection[LoadedRule],
    resources: Iterable[Resource],
    findings: Iterable[Finding],
) -> Iterator[tuple[Exemption, str]]:
    """The exemptions that excuse nothing, and why. What a rule could not judge may need its own.

    findings: all, or all that are no pass.
    """
    in_force = {rule.id for rule in enabled}
    names = {name for resource in resources for name in (resource.name, resource.urn)}
    broken = {
        (finding.rule.id, name)
        for finding in findings
        if finding.outcome is not Outcome.PASS
        for name in (finding.resource.name, finding.resource.urn)
    }
    for exemption in settings.exemptions:
        if exemption.rule not in in_force:
            yield exemption, "the rule is not in force"
        elif exemption.resource not in names:
            yield exemption, "no resource is called so"
        elif (exemption.rule, exemption.resource) not in broken:
            yield exemption, "what is called so keeps the rule"
