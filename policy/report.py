"""A stack's compliance, read from its state: article, controls, resources, and what holds.

As data here; policy/report_page.py makes the page that people read.
"""

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policy import articles, evaluation
from policy.evaluation import Finding, Outcome
from policy.profile import Selection
from policy.resource import Resource
from policy.settings import Facts
from policy.stack import Stack
from policy.values import read

_WORST: Final = (Outcome.CRASH, Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXEMPT, Outcome.PASS)

IN_USE: Final = "in use"
SECURITY: Final = ("Security", "No article of the two laws, but good practice")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A state's resources and findings, and when both were taken."""

    facts: Facts
    selection: Selection
    findings: tuple[Finding, ...]
    resources: tuple[Resource, ...]
    state_of: str
    """When the state was written, as it says itself."""
    sha256: str
    """Of what `pulumi stack export` printed."""
    taken: dt.datetime


def stack_of(exported: Mapping[str, Any], facts: Facts) -> Stack:
    """The resources in what `pulumi stack export` prints. Encrypted values stay unknown."""
    entries = exported.get("deployment", {}).get("resources", [])
    inputs = {entry["urn"]: read(entry.get("inputs") or {}) for entry in entries}
    resources = [
        Resource(
            urn=entry["urn"],
            token=entry["type"],
            name=entry["urn"].rpartition("::")[2],
            inputs=inputs[entry["urn"]],
            outputs={**read(entry.get("outputs") or {}), "id": entry.get("id", "")},
            depends={
                name: frozenset(urns or ())
                for name, urns in (entry.get("propertyDependencies") or {}).items()
            },
            provider=inputs.get(str(entry.get("provider", "")).rpartition("::")[0], {}),
            parent=entry.get("parent", ""),
            facts=facts,
        )
        for entry in entries
        if not entry.get("delete")  # on its way out already
    ]
    return Stack(resources=tuple(resources), facts=facts)


def gather(text: str, facts: Facts, selection: Selection, *, now: dt.datetime) -> Evidence:
    """Holds a state, as `pulumi stack export` prints it, to the selected rules."""
    exported = json.loads(text)
    stack = stack_of(exported, facts)
    rules = selection.enabled
    single = (finding for item in stack.resources for finding in evaluation.each(rules, item))
    return Evidence(
        facts=facts,
        selection=selection,
        findings=(*single, *evaluation.together(rules, stack)),
        resources=stack.resources,
        state_of=str(exported.get("deployment", {}).get("manifest", {}).get("time", "unknown")),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        taken=now,
    )


def as_json(evidence: Evidence) -> dict[str, Any]:
    """The report as data: articles, their rules with controls, and each resource's outcome."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in evidence.findings:
        by_rule[finding.rule.id].append(finding)
    rules = {rule.id: _rule(rule.id, by_rule[rule.id], evidence) for rule in _enabled(evidence)}
    served: dict[tuple[str, str], list[str]] = defaultdict(list)
    for rule in _enabled(evidence):
        for article in _articles(rule.rule.gdpr, rule.rule.hipaa) or [SECURITY]:
            served[article].append(rule.id)
    counted = [found["outcome"] for rule in rules.values() for found in rule["resources"]]
    return {
        "project": evidence.facts.project,
        "stack": evidence.facts.stack,
        "profile": evidence.facts.policy.profile,
        "frameworks": list(evidence.facts.policy.frameworks),
        "evidence": {
            "state_written": evidence.state_of,
            "report_taken": evidence.taken.isoformat(timespec="seconds"),
            "state_sha256": evidence.sha256,
            "resources": len(evidence.resources),
        },
        "summary": {str(kind): counted.count(str(kind)) for kind in reversed(_WORST)},
        "articles": [
            {
                "article": article,
                "heading": heading,
                "outcome": _worst(rules[rule]["outcome"] for rule in listed),
                "rules": [rules[rule] for rule in listed],
            }
            for (article, heading), listed in sorted(served.items())
        ],
        "exemptions": list(_exemptions(evidence)),
        "left_out": [
            {"rule": rule, "why": why} for rule, why in evidence.selection.left_out.items()
        ],
    }


def _enabled(evidence: Evidence) -> Sequence[Any]:
    return evidence.selection.enabled


def _articles(gdpr: Sequence[str], hipaa: Sequence[str]) -> list[tuple[str, str]]:
    return [(f"GDPR article {item}", articles.GDPR[item]) for item in gdpr] + [
        (f"HIPAA § {item}", articles.HIPAA[item]) for item in hipaa
    ]


def _exemptions(evidence: Evidence) -> Iterator[dict[str, Any]]:
    """Each with what has become of it: in use, expired, or why it excuses nothing."""
    settings, today = evidence.facts.policy, evidence.taken.date()
    idle = evaluation.idle(settings, _enabled(evidence), evidence.resources, evidence.findings)
    why = dict(idle)
    over = evaluation.expired(settings, today=today)
    for item in settings.exemptions:
        status = "expired" if item in over else why.get(item, IN_USE)
        yield {**item.model_dump(mode="json"), "status": status}


def _rule(identifier: str, findings: Sequence[Finding], evidence: Evidence) -> dict[str, Any]:
    (loaded,) = [rule for rule in evidence.selection.enabled if rule.id == identifier]
    by_resource: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_resource[finding.resource.urn].append(finding)
    resources = [
        {
            "name": found[0].resource.name,
            "type": found[0].resource.token,
            "urn": urn,
            "outcome": _worst(str(finding.outcome) for finding in found),
            "messages": [finding.message for finding in found if finding.message],
        }
        for urn, found in by_resource.items()
    ]
    return {
        "rule": identifier,
        "title": loaded.rule.title,
        "severity": str(loaded.rule.severity),
        "controls": list(loaded.rule.controls),
        "remediation": loaded.rule.remediation,
        "link": loaded.rule.link,
        "outcome": _worst(item["outcome"] for item in resources),
        "resources": resources,
    }


def _worst(outcomes: Any) -> str:
    """The worst of some outcomes; a rule that found nothing to look at does not apply."""
    found = set(outcomes) - {"not applicable"}
    return next((str(kind) for kind in _WORST if str(kind) in found), "not applicable")
