"""Rows and clouds as `make predict` takes them."""

from typing import Any

import pytest

from tools.errors import ToolError
from tools.predict import read_rows, served_by

AWS = {"endpoint_name": "e", "region": "us-east-1"}
GCP = {"endpoint_name": "projects/p/locations/l/endpoints/1", "region": "us-central1"}


@pytest.mark.parametrize("text", ["[[1, 2.5]]", "[1, 2.5]"])
def test_a_single_row_needs_no_outer_brackets(text: str) -> None:
    assert read_rows(text) == [[1, 2.5]]


@pytest.mark.parametrize("text", ["Adelie", "[]", "{}", "3", '["a"]', "[1, [2]]"])
def test_what_is_no_row_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ToolError, match=r"not rows of numbers(.|\n)*make predict ARGS="):
        read_rows(text)


def test_every_cloud_with_an_endpoint_is_asked_unless_one_is_named() -> None:
    outputs = {"aws": AWS, "gcp": GCP}
    assert served_by(outputs, None) == outputs
    assert served_by(outputs, "gcp") == {"gcp": GCP}


@pytest.mark.parametrize(
    ("outputs", "cloud", "words"),
    [
        ({"aws": AWS, "gcp": GCP}, "azure", r"no endpoint in azure(.|\n)*it has one in aws, gcp"),
        ({"aws": AWS, "gcp": {}}, "gcp", r"no endpoint in gcp(.|\n)*it has one in aws"),
        ({}, None, r"no endpoint\n(.|\n)*make up"),
        ({}, "aws", r"no endpoint\n(.|\n)*make up"),
    ],
)
def test_a_cloud_without_an_endpoint_is_told_with_what_there_is(
    outputs: dict[str, Any], cloud: str | None, words: str
) -> None:
    with pytest.raises(ToolError, match=words):
        served_by(outputs, cloud)
