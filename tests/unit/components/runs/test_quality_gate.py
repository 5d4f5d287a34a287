"""The gate lets nothing pass that is too low, and says what to do."""

from typing import Any

import pytest

from components.runs.quality_gate import QualityGateHandler, judge
from plugin.handler import ResourceFailedError
from plugin.values import UNKNOWN

INPUTS: dict[str, Any] = {
    "metrics": {"accuracy": 0.94, "macro_f1": 0.91},
    "minimums": {"accuracy": 0.9},
    "subject": "training job penguins-1",
    "remedy": "Change trimaran:min_accuracy in Pulumi.local.yaml.",
}


def test_only_the_judged_metrics_are_passed_on() -> None:
    assert judge(INPUTS) == {"accuracy": 0.94}


def test_a_value_that_reaches_its_minimum_exactly_passes() -> None:
    assert judge({**INPUTS, "minimums": {"accuracy": 0.94}}) == {"accuracy": 0.94}


def test_a_miss_names_metric_value_minimum_subject_endpoint_and_remedy() -> None:
    with pytest.raises(ResourceFailedError) as failure:
        judge({**INPUTS, "minimums": {"accuracy": 0.99}})
    text = str(failure.value)
    for part in (
        "accuracy is 0.94",
        "at least 0.99",
        "training job penguins-1",
        "keeps serving the previous model",
        "Change trimaran:min_accuracy",
    ):
        assert part in text


def test_every_miss_is_named_at_once() -> None:
    with pytest.raises(ResourceFailedError, match=r"accuracy is .*; macro_f1 is "):
        judge({**INPUTS, "minimums": {"accuracy": 0.99, "macro_f1": 0.95}})


def test_an_unknown_metric_says_which_there_are() -> None:
    with pytest.raises(ResourceFailedError, match=r"no metric 'auc' \(there are: accuracy, macr"):
        judge({**INPUTS, "minimums": {"auc": 0.5}})


@pytest.mark.parametrize("value", [float("nan"), "0.99", True])
def test_what_is_no_real_number_never_passes(value: Any) -> None:
    with pytest.raises(ResourceFailedError, match="accuracy is"):
        judge({**INPUTS, "metrics": {"accuracy": value}, "minimums": {"accuracy": 0.0}})


def test_a_minimum_that_is_no_number_is_refused_before_anything_runs(context: Any) -> None:
    _, failures = QualityGateHandler().check(
        context, {}, {**INPUTS, "minimums": {"accuracy": "high"}}
    )
    assert [failure.property for failure in failures] == ["minimums.accuracy"]


def test_unknown_minimums_are_not_refused_in_a_preview(context: Any) -> None:
    _, failures = QualityGateHandler().check(context, {}, {**INPUTS, "minimums": UNKNOWN})
    assert failures == []


def test_an_update_judges_the_new_metrics(context: Any) -> None:
    with pytest.raises(ResourceFailedError, match=r"accuracy is 0\.5"):
        QualityGateHandler().update(
            context, "gate", {**INPUTS, "passed": {}}, {**INPUTS, "metrics": {"accuracy": 0.5}}
        )
