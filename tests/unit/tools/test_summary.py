"""The table after `make up`."""

from collections import Counter
from pathlib import Path

import pytest

from stacks.settings import DataSettings
from tools import predictors, summary
from tools.down import remaining
from tools.stack import Stack


def test_resources_are_counted_per_cloud_and_service() -> None:
    counts = summary.count(
        [
            "pulumi:pulumi:Stack",
            "pulumi:providers:aws",
            "trimaran:aws:Lake",
            "aws:s3/bucket:Bucket",
            "aws:s3/bucketPolicy:BucketPolicy",
            "aws:kms/key:Key",
            "azure-native:machinelearningservices:Job",
        ]
    )
    assert counts == {
        "aws": Counter({"s3": 2, "kms": 1}),
        "azure": Counter({"machinelearningservices": 1}),
    }


def test_outputs_are_the_stacks_own() -> None:
    resources = [
        {"type": "aws:s3/bucket:Bucket", "outputs": {"arn": "a"}},
        {"type": "pulumi:pulumi:Stack", "outputs": {"aws": {"region": "r"}}},
    ]
    assert summary.outputs_of(resources) == {"aws": {"region": "r"}}
    assert summary.outputs_of([{"type": "pulumi:pulumi:Stack"}]) == {}


def test_the_real_row_is_the_first_without_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("b,x,a,kind\nNA,1,1,p\n,1,1,p\n2.5,1,7,q\n3,1,3,r\n")
    data = DataSettings(file=str(file), features=("a", "b"), target="kind")
    assert summary.first_complete_row(data) == ([7.0, 2.5], "q")


def test_a_failed_prediction_is_shown_and_raises_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise predictors.PredictionFailed("no such endpoint")

    monkeypatch.setitem(predictors.BY_CLOUD, "aws", refuse)
    shown = summary._predictions("aws", {"endpoint_name": "e"}, [("row", [1.0])])
    assert shown == "failed: no such endpoint"


def test_each_prediction_stands_under_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [{"label": "p", "probabilities": {"p": 0.9, "q": 0.1}}]
    monkeypatch.setitem(predictors.BY_CLOUD, "aws", lambda *_: answers)
    shown = summary._predictions("aws", {"endpoint_name": "e"}, [("row", [1.0])])
    assert shown == "row\n  → p (0.900)"


def test_the_example_has_as_many_values_as_the_table_has_features(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "t.csv").write_text("a,b,kind\n5,6,q\n")
    data = f"{{file: {tmp_path / 't.csv'}, features: [a, b], target: kind}}"
    (tmp_path / "Pulumi.own.yaml").write_text(f"config:\n  p:data: {data}\n")
    rows = summary._rows(Stack(name="own", project=tmp_path))
    assert rows == [("[5.0, 6.0] (is q)", [5, 6]), ("[[1, 2]]", [1, 2])]


def test_a_refusal_is_told_in_the_models_own_words() -> None:
    body = '{"error": {"code": "invalid_row", "message": "rows have 3 values"}}'
    assert predictors._words_of_model({"OriginalMessage": body}) == "rows have 3 values"
    assert predictors._words_of_model({"OriginalMessage": "<html>"}) is None
    assert predictors._words_of_model({"Error": {}}) is None


def test_a_stack_without_endpoint_predicts_nothing() -> None:
    assert summary._predictions("aws", {}, [("row", [1.0])]) == "none"


def test_down_names_what_is_left() -> None:
    assert remaining({"deployment": None}) == []
    assert remaining({"deployment": {"resources": [{"urn": "urn:a"}]}}) == ["urn:a"]
