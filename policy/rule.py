"""What a rule is: metadata, and a check. One rule is one module below policy/rules."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from policy.resource import Resource
from policy.stack import Stack

ANY: Final = "*"
"""In place of a type: every resource of a cloud."""


class Severity(StrEnum):
    """How bad a violation is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Framework(StrEnum):
    """What a rule may serve."""

    GDPR = "gdpr"
    HIPAA = "hipaa"
    SECURITY = "security"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule's metadata, the `RULE` of its module.

    title:       what holds where the rule is kept, as a sentence without a full stop.
    types:       canonical type tokens (policy/tokens.py) that the rule looks at, or `ANY`.
    gdpr:        articles of the GDPR that it serves, such as "32" or "5(1)(e)".
    hipaa:       paragraphs of HIPAA's security rule, such as "164.312(e)(1)".
    controls:    the same control in Security Hub, checkov (CKV…) or prowler.
    remediation: what to change.
    link:        the vendor's or the law's page about it.
    """

    title: str
    severity: Severity
    types: tuple[str, ...]
    gdpr: tuple[str, ...] = ()
    hipaa: tuple[str, ...] = ()
    controls: tuple[str, ...] = ()
    remediation: str
    link: str

    @property
    def frameworks(self) -> frozenset[Framework]:
        """The frameworks that ask for the rule; security asks for all."""
        asked = {Framework.GDPR: self.gdpr, Framework.HIPAA: self.hipaa}
        laws = (name for name, articles in asked.items() if articles)
        return frozenset((Framework.SECURITY, *laws))


Check = Callable[[Resource], Iterable[str]]
"""Looks at one resource before it is created or changed; yields a sentence a violation."""
StackCheck = Callable[[Resource, Stack], Iterable[str]]
"""The same for a resource among all of its stack's, when those are declared."""


@dataclass(frozen=True, kw_only=True)
class LoadedRule:
    """A rule that was found: `id` is its path below policy/rules without the ending."""

    id: str
    rule: Rule
    check: Check | None = None
    check_in_stack: StackCheck | None = None

    def applies_to(self, resource: Resource) -> bool:
        """Whether the rule looks at resources of this type."""
        return ANY in self.rule.types or resource.type in self.rule.types
