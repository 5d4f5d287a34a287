"""The compliance report as one HTML page: nothing to load, no script, fit for paper."""

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

# Told by sign and word as well as by colour.
_SIGNS: Final = {
    "pass": "✓",
    "exempt": "◐",
    "unknown": "?",
    "fail": "✗",
    "crash": "✗",
    "not applicable": "–",
}
_MEANING: Final = {
    "pass": "the resource keeps the rule",
    "exempt": "it breaks the rule, for a reason and until a day that stand below",
    "unknown": "the state keeps the value encrypted, so that it cannot be judged from there",
    "fail": "it breaks the rule",
    "crash": "the rule could not be judged, which counts as broken",
}
_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1b1b; background: #fff;
  margin: 2em auto; max-width: 70em; padding: 0 1em }
h1, h2, h3 { line-height: 1.2 } h2 { margin-top: 2em } a { color: #0b57a4 }
table { border-collapse: collapse; width: 100%; margin: .5em 0 1em }
caption { text-align: left; font-weight: bold; padding: .3em 0 }
td, th { border: 1px solid #767676; padding: .3em .6em; text-align: left; vertical-align: top }
thead th { background: #f0f0f0 } td.number { text-align: right }
dt { font-weight: bold } dd { margin: 0 0 .5em } code { overflow-wrap: anywhere }
.outcome { white-space: nowrap; font-weight: bold }
.pass { color: #0a5c26 } .fail, .crash { color: #a40000 } .exempt, .unknown { color: #6b4700 }
summary { cursor: pointer } ul { margin: .3em 0; padding-left: 1.2em }
@media print {
  body { font-size: 10pt; margin: 0; max-width: none } a { color: inherit }
  thead { display: table-header-group } tr, li, h2 { break-inside: avoid; break-after: auto }
  details::details-content { content-visibility: visible; height: auto }
}
"""


def as_html(report: Mapping[str, Any]) -> str:
    """The page of what `policy.report.as_json` gave."""
    return "".join(_page(report))


def _page(report: Mapping[str, Any]) -> Iterator[str]:
    title = _text(f"Compliance of {report['project']}, stack {report['stack']}")
    yield (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{title}</h1>"
    )
    yield from _evidence(report)
    yield "</header><main>"
    yield from _summary(report["summary"])
    yield from _contents(report["articles"])
    for article in report["articles"]:
        yield from _article(article)
    yield from _table(
        "Exemptions", report["exemptions"], ("resource", "rule", "reason", "expires", "status")
    )
    yield from _table("Rules left out", report["left_out"], ("rule", "why"))
    yield "</main></body></html>\n"


def _evidence(report: Mapping[str, Any]) -> Iterator[str]:
    told = report["evidence"]
    facts = {
        "Profile": _text(report["profile"]),
        "Frameworks": _text(", ".join(report["frameworks"])),
        "State written": _text(told["state_written"]),
        "State, SHA-256": (
            f"<code>{_text(told['state_sha256'])}</code> of what "
            f"<code>pulumi stack export --stack {_text(report['stack'])}</code> prints"
        ),
        "Resources in it": str(told["resources"]),
        "Report taken": _text(told["report_taken"]),
    }
    yield "<dl>" + "".join(f"<dt>{name}</dt><dd>{fact}</dd>" for name, fact in facts.items())
    yield "</dl>"


def _summary(summary: Mapping[str, int]) -> Iterator[str]:
    broken = summary["fail"] + summary["crash"]
    verdict = f"{broken} times a rule is broken." if broken else "No rule is broken."
    yield f"<h2>Summary</h2><p><strong>{verdict}</strong></p>"
    yield "<table><caption>Outcomes, one for each rule and resource</caption><thead><tr>"
    yield '<th scope="col">Outcome<th scope="col">Number<th scope="col">Meaning</thead><tbody>'
    for kind, count in summary.items():
        yield f'<tr><td>{_mark(kind)}<td class="number">{count}<td>{_MEANING[kind]}'
    yield "</tbody></table>"


def _contents(articles: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield '<nav aria-labelledby="contents"><table><caption id="contents">Articles</caption>'
    yield '<thead><tr><th scope="col">Article<th scope="col">Heading<th scope="col">Rules'
    yield '<th scope="col">Outcomes<th scope="col">Worst</thead><tbody>'
    for article in articles:
        counts = Counter(
            found["outcome"] for rule in article["rules"] for found in rule["resources"]
        )
        yield (
            f'<tr><th scope="row"><a href="#{_anchor(article)}">{_text(article["article"])}</a>'
            f'<td>{_text(article["heading"])}<td class="number">{len(article["rules"])}'
            f"<td>{_counts(counts)}<td>{_mark(article['outcome'])}"
        )
    yield "</tbody></table></nav>"


def _article(article: Mapping[str, Any]) -> Iterator[str]:
    name = f"{_text(article['article'])}, {_text(article['heading'])}"
    yield f'<section id="{_anchor(article)}"><h2>{name}: {_mark(article["outcome"])}</h2>'
    judged = [rule for rule in article["rules"] if rule["resources"]]
    worst = list(_SIGNS)
    judged.sort(key=lambda rule: -worst.index(rule["outcome"]))
    if judged:
        yield f"<table><caption>Rules that serve {_text(article['article'])}</caption><thead><tr>"
        yield '<th scope="col">Rule<th scope="col">Controls<th scope="col">Outcome'
        yield '<th scope="col">Resources</thead><tbody>'
        for rule in judged:
            yield from _rule(rule)
        yield "</tbody></table>"
    if idle := [rule for rule in article["rules"] if not rule["resources"]]:
        yield f"<details><summary>{len(idle)} more rules have nothing to look at</summary><ul>"
        yield "".join(f"<li>{_title(rule)}" for rule in idle) + "</ul></details>"
    yield "</section>"


def _rule(rule: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f'<tr><th scope="row">{_title(rule)}<td>{_text(", ".join(rule["controls"]))}'
        f"<td>{_mark(rule['outcome'])}<td>"
    )
    kept = [found for found in rule["resources"] if found["outcome"] == "pass"]
    others = [found for found in rule["resources"] if found["outcome"] != "pass"]
    if others:
        yield f"<p>Remedy: {_text(rule['remediation'])}.</p><ul>"
        for found in others:
            said = _text("; ".join(found["messages"]))
            yield f"<li>{_mark(found['outcome'])} <code>{_text(found['urn'])}</code>: {said}"
        yield "</ul>"
    if kept:
        yield f"<details><summary>{len(kept)} pass</summary><ul>"
        yield "".join(f"<li><code>{_text(found['urn'])}</code>" for found in kept)
        yield "</ul></details>"


def _table(title: str, rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Iterator[str]:
    yield f"<h2>{title}</h2>"
    if not rows:
        yield "<p>None.</p>"
        return
    yield "<table><thead><tr>" + "".join(f'<th scope="col">{name.title()}' for name in names)
    yield "</thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{_text(row[name])}" for name in names)
    yield "</tbody></table>"


def _title(rule: Mapping[str, Any]) -> str:
    return (
        f'<a href="{_text(rule["link"])}">{_text(rule["title"])}</a><br>'
        f"<code>{_text(rule['rule'])}</code> ({_text(rule['severity'])})"
    )


def _counts(counts: Mapping[str, int]) -> str:
    told = (f"{counts[kind]} {kind}" for kind in _MEANING if counts.get(kind))
    return ", ".join(told) or "nothing to look at"


def _anchor(article: Mapping[str, Any]) -> str:
    return re.sub(r"[^a-z0-9]+", "-", article["article"].lower()).strip("-")


def _mark(outcome: str) -> str:
    return f'<span class="outcome {outcome}">{_SIGNS[outcome]} {outcome}</span>'


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)
