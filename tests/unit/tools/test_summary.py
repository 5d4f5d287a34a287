"""The table after `make up`."""

import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from stacks.settings import DataSettings
from tools import predictors, summary
from tools.stack import Stack


def test_resources_are_counted_per_cloud_and_service() -> None:
    counts = summary.count(
        [
            "pulumi:pulumi:Stack",
            "pulumi:providers:aws",
            "trimaran:aws:QualityGate",
            "aws:s3/bucket:Bucket",
            "aws:s3/bucketPolicy:BucketPolicy",
            "aws:kms/key:Key",
            "azure-native:machinelearningservices:Job",
        ]
    )
    assert counts == {
        "aws": Counter({"s3": 2, "kms": 1, "trimaran": 1}),
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
    assert shown == ["failed: no such endpoint"]


def made(token: str, name: str) -> dict[str, Any]:
    return {"type": token, "urn": f"urn::{name}", "id": name}


def test_two_clouds_stand_side_by_side_within_80_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = {"aws": "Gentoo", "gcp": "Adelie"}
    for cloud, label in answers.items():
        told = [{"label": label, "probabilities": {label: 0.9, "q": 0.1}}]
        monkeypatch.setitem(predictors.BY_CLOUD, cloud, lambda *_, told=told: told * 2)
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "t.csv").write_text("a,b,kind\n39.125,6,Adelie\n")
    data = f"{{file: {tmp_path / 't.csv'}, features: [a, b], target: kind}}"
    (tmp_path / "Pulumi.local.yaml").write_text(f"config:\n  p:data: {data}\n")
    outputs = {
        "aws": {"endpoint_name": "the-endpoint", "log_groups": {"serving": "/aws/" + "x" * 60}},
        "gcp": {"endpoint_name": "projects/p/locations/l/endpoints/4711", "log_groups": {}},
    }
    resources = [
        {"type": "pulumi:pulumi:Stack", "outputs": outputs},
        made("aws:s3/bucket:Bucket", "a"),
        made("gcp:storage/bucket:Bucket", "b"),
        {"type": "trimaran:gcp:Lake", "urn": "urn::component"},
    ]
    printed = io.StringIO()
    table = summary.table(Stack(name="local", project=tmp_path), resources)
    Console(file=printed, width=80).print(table)
    lines = printed.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines]
    assert ["created", "1 resources:", "1 resources:"] in cells
    assert ["endpoint", "the-endpoint", "4711"] in cells
    assert ["[39.125, 6]", "Gentoo (0.900)", "Adelie (0.900)"] in cells
    assert ["[1, 2]", "Gentoo (0.900)", "Adelie (0.900)"] in cells
    assert ["logs", "make logs ARGS=the-endpoint", "make logs ARGS=4711"] in cells


def test_the_example_has_as_many_values_as_the_table_has_features(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "t.csv").write_text("a,b,kind\n5,6,q\n")
    data = f"{{file: {tmp_path / 't.csv'}, features: [a, b], target: kind}}"
    (tmp_path / "Pulumi.own.yaml").write_text(f"config:\n  p:data: {data}\n")
    rows = summary._rows(Stack(name="own", project=tmp_path))
    assert rows == [("[5, 6]\nreally q", [5, 6]), ("[1, 2]", [1, 2])]


def test_a_refusal_is_told_in_the_models_own_words() -> None:
    body = '{"error": {"code": "invalid_row", "message": "rows have 3 values"}}'
    assert predictors._words_of_model({"OriginalMessage": body}) == "rows have 3 values"
    assert predictors._words_of_model({"OriginalMessage": "<html>"}) is None
    wrapped = json.dumps({"error": {"code": 400, "message": body}})
    assert predictors._message(wrapped) == "rows have 3 values"
    outer = json.dumps({"error": {"code": 404, "message": "no such endpoint"}})
    assert predictors._message(outer) == "no such endpoint"
    assert predictors._words_of_model({"Error": {}}) is None


def test_a_stack_without_endpoint_predicts_nothing() -> None:
    assert summary._predictions("aws", {}, [("row", [1.0])]) == ["none"]
