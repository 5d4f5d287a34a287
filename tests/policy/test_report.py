"""The compliance report says of a state what the rules say, and how old the evidence is."""

import datetime as dt
import hashlib
import json
from html.parser import HTMLParser
from typing import Any

from policy import discovery, profile, report, report_page
from policy.settings import Exemption, Facts, PolicySettings
from tools import policy_reference

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ROTATION = "aws/kms/key/rotation"
KEY = "urn:pulumi:s::p::aws:kms/key:Key::"


def entry(name: str, rotated: bool, **more: Any) -> dict[str, Any]:
    inputs = {"enableKeyRotation": rotated, "policy": "{}", "description": "<b>&"}
    return {"urn": f"{KEY}{name}", "type": "aws:kms/key:Key", "inputs": inputs, "id": name, **more}


def reported(*entries: dict[str, Any], **policy: Any) -> dict[str, Any]:
    facts = Facts(project="p", stack="s", policy=PolicySettings(**policy))
    selection = profile.select(discovery.rules(), facts.policy, where="here")
    state = {"deployment": {"manifest": {"time": "2026-01-01"}, "resources": list(entries)}}
    return report.as_json(report.gather(json.dumps(state), facts, selection, now=NOW))


def rotation(content: dict[str, Any], article: str) -> dict[str, Any]:
    (found,) = [item for item in content["articles"] if item["article"] == article]
    (rule,) = [rule for rule in found["rules"] if rule["rule"] == ROTATION]
    return dict(rule)


def test_each_article_tells_its_controls_and_every_resources_outcome() -> None:
    exemption = Exemption(
        resource="old", rule=ROTATION, reason="imported from an HSM", expires=dt.date(9999, 1, 1)
    )
    content = reported(
        entry("good", True), entry("bad", False), entry("old", False), exemptions=[exemption]
    )
    for article in ("GDPR article 32", "HIPAA § 164.312(a)(2)(iv)"):
        rule = rotation(content, article)
        outcomes = {found["name"]: found["outcome"] for found in rule["resources"]}
        assert outcomes == {"good": "pass", "bad": "fail", "old": "exempt"}
        assert rule["outcome"] == "fail"
        assert "KMS.4" in rule["controls"]
    assert content["summary"]["fail"] == 1
    assert content["summary"]["exempt"] == 1
    assert content["evidence"]["state_written"] == "2026-01-01"
    assert content["exemptions"][0]["reason"] == "imported from an HSM"
    assert any(item["rule"].endswith("mfa_delete") for item in content["left_out"])


def test_what_is_on_its_way_out_is_no_evidence() -> None:
    rule = rotation(reported(entry("gone", False, delete=True)), "GDPR article 32")
    assert rule["outcome"] == "not applicable"


def test_the_evidence_is_the_state_by_its_hash() -> None:
    content = reported(entry("good", True))
    state = json.dumps(
        {
            "deployment": {
                "manifest": {"time": "2026-01-01"},
                "resources": [entry("good", True)],
            }
        }
    )
    assert content["evidence"]["state_sha256"] == hashlib.sha256(state.encode()).hexdigest()
    assert content["evidence"]["state_written"] == "2026-01-01"
    assert content["evidence"]["report_taken"].startswith("2026-01-02")


def test_an_exemption_says_whether_it_is_in_use() -> None:
    def exempt(resource: str, expires: dt.date = dt.date(9999, 1, 1)) -> Exemption:
        return Exemption(
            resource=resource, rule=ROTATION, reason="imported from an HSM", expires=expires
        )

    content = reported(
        entry("old", False),
        entry("good", True),
        exemptions=[exempt("old"), exempt("good"), exempt("none"), exempt("old", NOW.date() - DAY)],
    )
    assert [item["status"] for item in content["exemptions"]] == [
        report.IN_USE,
        "what is called so keeps the rule",
        "no resource is called so",
        "expired",
    ]


class Page(HTMLParser):
    """What stands open in a page, which names are linked to, and all that it would load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.targets: set[str] = set()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.ids.add(given.get("id") or "")
        self.targets.add(given.get("href") or "")
        self.loaded += [name for name in ("src", "srcset", "onload", "onclick") if name in given]
        if tag == "th":
            assert given.get("scope") in ("col", "row")


def test_the_page_holds_the_same_and_escapes_what_it_quotes() -> None:
    content = reported(entry("<script>alert(1)</script>", False), entry("good", True))

    text = report_page.as_html(json.loads(json.dumps(content)))

    page = Page(text)
    assert {"script", "link", "img", "iframe"}.isdisjoint(page.tags)
    assert page.loaded == []
    assert "&lt;script&gt;" in text
    assert "GDPR article 32" in text
    assert "Security of processing" in text
    assert ROTATION in text
    assert content["evidence"]["state_sha256"] in text
    assert f"{KEY}good" in text


def test_the_page_can_be_read_by_ear_and_on_paper() -> None:
    content = reported(entry("bad", False), entry("good", True))

    text = report_page.as_html(content)

    page = Page(text)
    assert '<html lang="en">' in text
    assert "@media print" in text
    # Every article is linked to from the contents, and told by a word as well as by colour.
    anchors = {target.removeprefix("#") for target in page.targets if target.startswith("#")}
    assert len(anchors) == len(content["articles"])
    assert anchors <= page.ids
    assert "✗ fail" in text
    # What is broken stands open with its remedy; only what is kept is folded away.
    broken = text.index(f"✗ fail</span> <code>{KEY}bad")
    assert text.rfind("<details", 0, broken) <= text.rfind("</details>", 0, broken)
    assert "Remedy: " in text


def test_the_page_of_all_rules_is_up_to_date() -> None:
    assert policy_reference.PAGE.read_text() == policy_reference.page(), (
        "run `python -m tools.policy_reference`"
    )
