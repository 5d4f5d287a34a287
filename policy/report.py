"""A stack's compliance, read from its state: article, controls, resources, and what holds."""

import datetime as dt
import html
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from policy import evaluation
from policy.evaluation import Finding, Outcome
from policy.profile import Selection
from policy.resource import Resource
from policy.settings import Facts
from policy.stack import Stack
from policy.values import read

_WORST: Final = (Outcome.CRASH, Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXEMPT, Outcome.PASS)


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """A state's resources and findings, and when both were taken."""

    facts: Facts
    selection: Selection
    findings: tuple[Finding, ...]
    resources: int
    state_of: str
    """When the state was written, as it says itself."""
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


def gather(
    exported: Mapping[str, Any], facts: Facts, selection: Selection, *, now: dt.datetime
) -> Evidence:
    """Holds a state to the selected rules."""
    stack = stack_of(exported, facts)
    rules = selection.enabled
    single = (finding for item in stack.resources for finding in evaluation.each(rules, item))
    return Evidence(
        facts=facts,
        selection=selection,
        findings=(*single, *evaluation.together(rules, stack)),
        resources=len(stack.resources),
        state_of=str(exported.get("deployment", {}).get("manifest", {}).get("time", "unknown")),
        taken=now,
    )


def as_json(evidence: Evidence) -> dict[str, Any]:
    """The report as data: articles, their rules with controls, and each resource's outcome."""
    by_rule: dict[str, list[Finding]] = defaultdict(list)
    for finding in evidence.findings:
        by_rule[finding.rule.id].append(finding)
    rules = {rule.id: _rule(rule.id, by_rule[rule.id], evidence) for rule in _enabled(evidence)}
    articles: dict[str, list[str]] = defaultdict(list)
    for rule in _enabled(evidence):
        for article in _articles(rule.rule.gdpr, rule.rule.hipaa) or ["Security"]:
            articles[article].append(rule.id)
    counted = [found["outcome"] for rule in rules.values() for found in rule["resources"]]
    return {
        "project": evidence.facts.project,
        "stack": evidence.facts.stack,
        "profile": evidence.facts.policy.profile,
        "frameworks": list(evidence.facts.policy.frameworks),
        "evidence": {
            "state_written": evidence.state_of,
            "report_taken": evidence.taken.isoformat(timespec="seconds"),
            "resources": evidence.resources,
        },
        "summary": {str(kind): counted.count(str(kind)) for kind in reversed(_WORST)},
        "articles": [
            {
                "article": article,
                "outcome": _worst(rules[rule]["outcome"] for rule in listed),
                "rules": [rules[rule] for rule in listed],
            }
            for article, listed in sorted(articles.items())
        ],
        "exemptions": [item.model_dump(mode="json") for item in evidence.facts.policy.exemptions],
        "left_out": [
            {"rule": rule, "why": why} for rule, why in evidence.selection.left_out.items()
        ],
    }


def _enabled(evidence: Evidence) -> Sequence[Any]:
    return evidence.selection.enabled


def _articles(gdpr: Sequence[str], hipaa: Sequence[str]) -> list[str]:
    return [f"GDPR article {item}" for item in gdpr] + [f"HIPAA § {item}" for item in hipaa]


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


def as_html(report: Mapping[str, Any]) -> str:
    """The report as one page that needs nothing else."""
    return "".join(_page(report))


_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1.5em }
td, th { border: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top }
.pass { color: #0a6b2d } .fail, .crash { color: #a40000; font-weight: bold }
.exempt, .unknown { color: #8a5a00 } summary { cursor: pointer } code { overflow-wrap: anywhere }
"""


def _page(report: Mapping[str, Any]) -> Iterator[str]:
    title = html.escape(f"Compliance of {report['project']}, stack {report['stack']}")
    told = report["evidence"]
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    yield f"<style>{_STYLE}</style><h1>{title}</h1>"
    yield (
        f"<p>Profile {html.escape(report['profile'])}, frameworks "
        f"{html.escape(', '.join(report['frameworks']))}. Evidence: {told['resources']} resources "
        f"of the state written {html.escape(told['state_written'])}; report taken "
        f"{html.escape(told['report_taken'])}.</p><table><tr>"
    )
    yield "".join(f"<th class={kind}>{kind}</th>" for kind in report["summary"])
    yield "</tr><tr>" + "".join(f"<td>{count}</td>" for count in report["summary"].values())
    yield "</tr></table>"
    for article in report["articles"]:
        yield f"<h2>{html.escape(article['article'])}: {_mark(article['outcome'])}</h2>"
        yield "<table><tr><th>Rule<th>Controls<th>Outcome<th>Resources</tr>"
        for rule in article["rules"]:
            yield from _row(rule)
        yield "</table>"
    yield from _list("Exemptions", report["exemptions"], ("resource", "rule", "reason", "expires"))
    yield from _list("Rules left out", report["left_out"], ("rule", "why"))
    yield "</html>\n"


def _row(rule: Mapping[str, Any]) -> Iterator[str]:
    controls = html.escape(", ".join(rule["controls"]))
    yield (
        f"<tr><td><a href='{html.escape(rule['link'], quote=True)}'>{html.escape(rule['title'])}"
        f"</a><br><code>{html.escape(rule['rule'])}</code> ({rule['severity']})<td>{controls}"
        f"<td>{_mark(rule['outcome'])}<td>"
    )
    if rule["resources"]:
        yield f"<details><summary>{len(rule['resources'])}</summary><ul>"
        for found in rule["resources"]:
            said = html.escape("; ".join(found["messages"]))
            yield f"<li>{_mark(found['outcome'])} <code>{html.escape(found['urn'])}</code> {said}"
        yield "</ul></details>"
    yield "</tr>"


def _list(title: str, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    yield f"<h2>{title}</h2>"
    if not rows:
        yield "<p>None.</p>"
        return
    yield "<table><tr>" + "".join(f"<th>{name}" for name in names) + "</tr>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{html.escape(str(row[name]))}" for name in names) + "</tr>"
    yield "</table>"


def _mark(outcome: str) -> str:
    return f"<span class='{outcome}'>{outcome}</span>"
