"""What a stack's settings say of policy: frameworks, opt-in rules, exemptions and their end."""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from policy import discovery, evaluation, profile
from policy.evaluation import Outcome
from policy.resource import Resource
from policy.rule import LoadedRule, Rule, Severity
from policy.settings import Exemption, Facts, PolicySettings, facts

TODAY = dt.datetime.now(dt.UTC).date()
ROTATION = "aws/kms/key/rotation"
OPTIONAL = "aws/s3/bucket/mfa_delete"


def selected(**settings: Any) -> set[str]:
    chosen = profile.select(discovery.rules(), PolicySettings(**settings), where="here")
    return {rule.id for rule in chosen.enabled}


def key(**policy: Any) -> Resource:
    return Resource(
        urn="urn:pulumi:test::trimaran::aws:kms/key:Key::key",
        token="aws:kms/key:Key",
        name="key",
        inputs={},
        facts=Facts(policy=PolicySettings(**policy)),
    )


def exemption(*, expires: dt.date = TODAY, resource: str = "key") -> Exemption:
    return Exemption(
        resource=resource, rule=ROTATION, reason="imported from an HSM", expires=expires
    )


def outcome(resource: Resource) -> Outcome:
    (rule,) = [rule for rule in discovery.rules() if rule.id == ROTATION]
    (finding,) = evaluation.each([rule], resource)
    return finding.outcome


def test_an_opt_in_rule_is_left_out_until_it_is_asked_for() -> None:
    assert OPTIONAL not in selected()
    assert OPTIONAL in selected(enable=[OPTIONAL])
    assert ROTATION in selected()


def test_every_opt_in_rule_exists_and_says_why() -> None:
    reasons = profile.opt_in("prod")
    assert set(reasons) <= {rule.id for rule in discovery.rules()}
    assert [rule for rule, why in reasons.items() if len(why) < 20] == []


def test_a_framework_leaves_out_what_it_does_not_ask_for() -> None:
    asked = {rule.id for rule in discovery.rules() if rule.rule.hipaa} - set(profile.opt_in("prod"))
    assert selected(frameworks=["hipaa"]) == asked
    assert asked < selected()


@pytest.mark.parametrize("where", ["enable", "exemptions"])
def test_a_rule_that_does_not_exist_is_refused_by_name(where: str) -> None:
    bad = exemption().model_copy(update={"rule": "aws/no/such"})
    value = {"enable": ["aws/no/such"], "exemptions": [bad]}[where]
    with pytest.raises(profile.BadSettings, match=rf"here\.{where}.*aws/no/such"):
        selected(**{where: value})


def test_an_exemption_holds_to_its_last_day_and_for_its_resource() -> None:
    assert outcome(key()) is Outcome.FAIL
    assert outcome(key(exemptions=[exemption()])) is Outcome.EXEMPT
    assert outcome(key(exemptions=[exemption(resource=key().urn)])) is Outcome.EXEMPT
    assert outcome(key(exemptions=[exemption(resource="another")])) is Outcome.FAIL
    over = exemption(expires=TODAY - dt.timedelta(days=1))
    assert outcome(key(exemptions=[over])) is Outcome.FAIL
    assert evaluation.expired(PolicySettings(exemptions=(over, exemption()))) == [over]


@pytest.mark.parametrize(
    "section",
    [
        {"exemptions": [{"resource": "key", "rule": ROTATION, "expires": "2030-01-01"}]},
        {"exemptions": [{"resource": "key", "rule": ROTATION, "reason": "because we like it"}]},
        {"frameworks": []},
        {"frameworks": ["iso"]},
        {"profile": "none"},
        {"regions": {"secret": ["eu-central-1"]}},
        {"disable": [ROTATION]},
    ],
)
def test_an_incomplete_section_is_refused(section: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        facts({"p:policy": json.dumps(section)}, project="p", stack="s")


def test_the_facts_are_those_of_the_stack() -> None:
    found = facts(
        {
            "p:data_class": "internal",
            "p:aws": '{"account_id": "123456789012"}',
            "p:policy": '{"regions": {"internal": ["eu-central-1"]}}',
            "q:policy": '{"frameworks": ["gdpr"]}',
        },
        project="p",
        stack="s",
    )
    assert (found.data_class, found.account) == ("internal", "123456789012")
    assert found.policy.regions == {"internal": ("eu-central-1",)}
    assert "security" in found.policy.frameworks


def test_a_rule_that_crashes_counts_against_the_stack_even_when_exempt() -> None:
    def check(resource: Resource) -> Iterator[str]:
        yield str(resource.inputs["nothing"])

    metadata = Rule(
        title="x",
        severity=Severity.LOW,
        types=("aws:kms/key:Key",),
        gdpr=("32",),
        remediation="x",
        link="https://example.org",
    )
    rule = LoadedRule(id=ROTATION, rule=metadata, check=check)
    (finding,) = evaluation.each([rule], key(exemptions=[exemption()]))
    assert finding.outcome is Outcome.CRASH
    assert ROTATION in finding.message
    assert "KeyError" in finding.message
