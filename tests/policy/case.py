"""A rule's case: one resource that keeps it, and what breaks it. Tables: tests/policy/cases.

From one case four or more tests are made (test_rules.py): it passes, each bad value fails, the
missing property fails, an unknown one is neither passed nor failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from policy.evaluation import Outcome
from policy.settings import Facts

PASS, FAIL, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.UNKNOWN


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A resource beside the one that is judged.

    by:    path of its property that names the judged one, or the one at index `of` in `beside`.
    named: the judged one's property that names this one.
    """

    type: str
    props: Mapping[str, Any] = field(default_factory=dict)
    by: str | None = None
    named: str | None = None
    of: int | None = None


@dataclass(frozen=True, kw_only=True)
class Case:
    """One way of keeping a rule.

    rule:    its id.
    good:    properties with which it is kept. A key that starts with `json:` is a document: its
             value is written as JSON text into the property of that name.
    at:      path of the property that decides (into the document, too).
    bad:     values of it that break the rule.
    bad_types: tokens in place of `type` that break it.
    on:      index in `beside` of the resource that has that property; None for the judged one.
    missing: the outcome without it.
    unknown: the outcome before it is known. A rule that wants anything at all can pass then.
    alone:   the outcome without what is beside it.
    """

    rule: str
    type: str
    good: Mapping[str, Any]
    at: str
    bad: tuple[Any, ...] = ()
    bad_types: tuple[str, ...] = ()
    beside: tuple[Beside, ...] = ()
    on: int | None = None
    missing: Outcome = FAIL
    unknown: Outcome = UNKNOWN
    alone: Outcome = FAIL
    facts: Facts = field(default_factory=Facts)
    provider: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.rule}-{self.type.rpartition(':')[2]}-{self.at}"
