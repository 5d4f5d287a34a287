"""The compliance report says of a state what the rules say, and how old the evidence is."""

import datetime as dt
import json
from html.parser import HTMLParser
from typing import Any

from policy import discovery, profile, report
from policy.settings import Exemption, Facts, PolicySettings
from tools import policy_reference

NOW = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
ROTATION = "aws/kms/key/rotation"
KEY = "urn:pulumi:s::p::aws:kms/key:Key::"


def entry(name: str, rotated: bool, **more: Any) -> dict[str, Any]:
    inputs = {"enableKeyRotation": rotated, "policy": "{}", "description": "<b>&"}
    return {"urn": f"{KEY}{name}", "type": "aws:kms/key:Key", "inputs": inputs, "id": name, **more}


def reported(*entries: dict[str, Any], **policy: Any) -> dict[str, Any]:
    facts = Facts(project="p", stack="s", policy=PolicySettings(**policy))
    selection = profile.select(discovery.rules(), facts.policy, where="here")
    state = {"deployment": {"manifest": {"time": "2026-01-01"}, "resources": list(entries)}}
    return report.as_json(report.gather(state, facts, selection, now=NOW))


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


def test_the_page_holds_the_same_and_escapes_what_it_quotes() -> None:
    bad = entry("<script>alert(1)</script>", False)
    content = reported(bad)
    page = report.as_html(json.loads(json.dumps(content)))
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            seen.append(tag)

    Tags().feed(page)
    assert "script" not in seen
    assert "&lt;script&gt;" in page
    assert "GDPR article 32" in page
    assert ROTATION in page


def test_the_page_of_all_rules_is_up_to_date() -> None:
    assert policy_reference.PAGE.read_text() == policy_reference.page(), (
        "run `python -m tools.policy_reference`"
    )
