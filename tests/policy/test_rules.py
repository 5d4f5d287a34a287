"""Every rule, held to its table of cases."""

from dataclasses import replace

import pytest

from policy import discovery
from policy.evaluation import Outcome
from policy.rule import LoadedRule
from policy.values import UNKNOWN
from tests.policy.build import MISSING, judged, outcomes
from tests.policy.case import Case
from tests.policy.tables import BY_RULE, CASES

ALL = pytest.mark.parametrize("case", CASES, ids=str)


@ALL
@pytest.mark.parametrize("up", [False, True], ids=["preview", "up"])
def test_what_keeps_a_rule_passes(case: Case, up: bool) -> None:
    findings = judged(case, up=up)

    wanted = {Outcome.PASS} if up or not _waits(case) else {Outcome.UNKNOWN}
    assert outcomes(findings) == wanted, findings


@pytest.mark.parametrize(
    ("case", "value"),
    [(case, value) for case in CASES for value in case.bad],
    ids=lambda item: str(item)[:80],
)
def test_what_breaks_a_rule_fails(case: Case, value: object) -> None:
    for up in (False, True):
        if not up and _waits(case):
            continue
        findings = judged(case, value, change=True, up=up)
        assert outcomes(findings) == {Outcome.FAIL}, findings
        assert all(finding.message for finding in findings)


@pytest.mark.parametrize(
    ("case", "token"),
    [(case, token) for case in CASES for token in case.bad_types],
    ids=str,
)
def test_what_is_declared_by_the_wrong_token_fails(case: Case, token: str) -> None:
    findings = judged(replace(case, type=token), up=True)

    assert outcomes(findings) == {Outcome.FAIL}


@ALL
def test_a_missing_property_counts(case: Case) -> None:
    assert outcomes(judged(case, MISSING, change=True, up=True)) == {case.missing}


@ALL
def test_an_unknown_property_is_not_judged(case: Case) -> None:
    assert outcomes(judged(case, UNKNOWN, change=True)) == {case.unknown}


@pytest.mark.parametrize("case", [case for case in CASES if case.beside], ids=str)
def test_what_belongs_together_is_recognised_where_a_provider_tells_no_ids(case: Case) -> None:
    assert outcomes(judged(case, up=True, ids=False)) == {Outcome.PASS}


@pytest.mark.parametrize("case", [case for case in CASES if case.beside], ids=str)
def test_what_belongs_to_a_resource_must_be_there(case: Case) -> None:
    assert outcomes(judged(case, alone=True, up=True)) == {case.alone}


@pytest.mark.parametrize("rule", discovery.rules(), ids=lambda rule: rule.id)
def test_every_rule_has_cases_that_fail(rule: LoadedRule) -> None:
    cases = BY_RULE[rule.id]

    assert any(
        case.bad
        or case.bad_types
        or case.missing is Outcome.FAIL
        or (case.beside and case.alone is Outcome.FAIL)
        for case in cases
    )


def test_no_case_is_for_a_rule_that_does_not_exist() -> None:
    assert set(BY_RULE) <= {rule.id for rule in discovery.rules()}


def _waits(case: Case) -> bool:
    """Whether the judged property names what is beside, which is known at up only."""
    return any(beside.named == case.at for beside in case.beside)
