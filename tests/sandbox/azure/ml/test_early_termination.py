"""Which trials of a sweep each policy ends."""

from typing import Any

import pytest

from sandbox.azure.ml.early_termination import check, hopeless
from sandbox.errors import JobError

GOOD = [[0.8, 0.9], [0.7, 0.8], [0.6, 0.7]]
AMOUNT = {"policyType": "Bandit", "slackAmount": 0.2}
FACTOR = {"policyType": "Bandit", "slackFactor": 0.2}
MEDIAN = {"policyType": "MedianStopping"}
TRUNCATION = {"policyType": "TruncationSelection", "truncationPercentage": 50}


@pytest.mark.parametrize(
    ("policy", "trial", "ends"),
    [
        (AMOUNT, [0.5, 0.65], True),
        (AMOUNT, [0.5, 0.75], False),
        (FACTOR, [0.5, 0.74], True),  # 0.9 / 1.2 = 0.75
        (FACTOR, [0.5, 0.76], False),
        (MEDIAN, [0.5, 0.74], True),  # means 0.85, 0.75, 0.65
        (MEDIAN, [0.5, 0.76], False),
        (TRUNCATION, [0.1, 0.2], True),
        (TRUNCATION, [0.1, 0.95], False),
        ({**AMOUNT, "delayEvaluation": 2}, [0.1, 0.1], False),
        ({**AMOUNT, "evaluationInterval": 3}, [0.1, 0.1], False),
        (None, [0.0, 0.0], False),
    ],
)
def test_policies(policy: dict[str, Any] | None, trial: list[float], ends: bool) -> None:
    assert hopeless(policy, trial, GOOD, maximize=True) is ends
    turned = [[-value for value in other] for other in GOOD]
    if policy is not FACTOR:  # a factor is no symmetric measure
        assert hopeless(policy, [-value for value in trial], turned, maximize=False) is ends


def test_the_first_trial_is_never_ended() -> None:
    assert not hopeless(AMOUNT, [0.0], [], maximize=True)


@pytest.mark.parametrize(
    "policy",
    [{"policyType": "Other"}, {"policyType": "Bandit"}, {"policyType": "TruncationSelection"}],
)
def test_what_is_no_policy(policy: dict[str, Any]) -> None:
    with pytest.raises(JobError):
        check(policy)
