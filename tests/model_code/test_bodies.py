"""Request and response bodies, through the hooks."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import inference
import numpy as np
import pandas as pd
import pytest
from model_artifact import Model
from request_errors import RequestError
from response_bodies import Predictions

from tests.model_code.sample_table import FEATURES

ROW = [39.1, 18.7, 181, 3750]
JSON, CSV, NPY = "application/json", "text/csv", "application/x-npy"
Predict = Callable[..., Predictions]


@pytest.fixture(scope="module")
def model(trained: Path, digest: str) -> Model:
    """The trained model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODEL_SHA256", digest)
        return inference.model_fn(str(trained))


@pytest.fixture(scope="module")
def predict(model: Model) -> Predict:
    """Body and content type to predictions."""

    def run(body: "str | bytes", content_type: "str | None" = JSON) -> Predictions:
        result: Predictions = inference.predict_fn(inference.input_fn(body, content_type), model)
        return result

    return run


def _npy(array: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.asarray(array), **options)
    return stream.getvalue()


RECORD = json.dumps([dict(zip(reversed(FEATURES), reversed(ROW), strict=True))])


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps([ROW]), JSON),
        (json.dumps([ROW]).encode(), None),
        (json.dumps({"instances": [ROW]}), "Application/JSON; charset=UTF-8"),
        (json.dumps({"instances": [ROW], "parameters": None}), JSON),
        (RECORD, JSON),
        ("39.1, 18.7,181,3.75e3\r\n", CSV),
        ('\ufeff39.1,18.7,"181",3750\n\n'.encode(), "text/csv; charset=utf-8"),
        (_npy([ROW]), NPY),
        (_npy(np.array([ROW], dtype=">f4").astype(">f8")), NPY),
        (_npy(np.asfortranarray([ROW])), NPY),
        (_npy(np.array([ROW]), version=(2, 0)), NPY),
    ],
)
def test_every_form_of_one_row_gives_the_same_prediction(
    body: "str | bytes", content_type: "str | None", predict: Predict
) -> None:
    expected = predict(json.dumps([ROW])).probabilities
    assert np.allclose(predict(body, content_type).probabilities, expected, rtol=1e-4)


def test_raw_rows_are_normalised_as_in_training(
    model: Model, predict: Predict, prepared: Path, penguins: Path
) -> None:
    raw = pd.read_csv(penguins).dropna(subset=list(FEATURES))
    served = predict(_npy(raw[list(FEATURES)].to_numpy()), NPY)
    assert (np.array(served.labels) == raw["species"]).mean() > 0.95
    test = pd.read_parquet(prepared / "test")
    normalised = test[list(FEATURES)].to_numpy()
    rows = normalised * model.std + model.mean
    assert np.allclose(
        predict(_npy(rows), NPY).probabilities, model.estimator.predict_proba(normalised)
    )


def test_the_unreal_row_of_the_documentation_is_a_valid_request(predict: Predict) -> None:
    predictions = predict("[[1,2,3,4]]")
    assert predictions.labels[0] in ("Adelie", "Chinstrap", "Gentoo")
    assert predictions.probabilities.sum() == pytest.approx(1)


BAD = [
    ("not json", JSON, "malformed_request", "not JSON: Expecting value at line 1 column 1"),
    ("[[1,2,3,NaN]]", JSON, "malformed_request", "NaN is not a JSON number"),
    ("[[1,2,3,-Infinity]]", JSON, "malformed_request", "-Infinity is not"),
    ("[[1,2,3,1e999]]", JSON, "invalid_row", "row 0, value 3 is inf"),
    (f"[[1,2,3,{'9' * 400}]]", JSON, "invalid_row", "too large"),
    ("[" * 100_000, JSON, "malformed_request", "nested too deeply"),
    ("[]", JSON, "malformed_request", "at least one row"),
    ("[1,2,3,4]", JSON, "malformed_request", "each row must be a list"),
    ("[[]]", JSON, "invalid_row", "row 0 has no values"),
    ('{"rows": [[1,2,3,4]]}', JSON, "malformed_request", "instances"),
    ('{"instances": [[1,2,3,4]], "x": 1}', JSON, "malformed_request", "instances"),
    ("[[1,2,3]]", JSON, "invalid_row", "rows have 3 values; the model takes 4: bill_length_mm"),
    ("[[1,2,3,4],[1,2,3]]", JSON, "invalid_row", "row 1 has 3 values, row 0 has 4"),
    ("[[1,2,3,null]]", JSON, "invalid_row", "row 0, value 3 is missing"),
    ('[[1,2,3,"4"]]', JSON, "invalid_row", "row 0, value 3 is '4', not a number"),
    ("[[1,2,3,true]]", JSON, "invalid_row", "row 0, value 3 is True, not a number"),
    ("[[1,2,3,[4]]]", JSON, "invalid_row", "value 3 is [4], not"),
    (RECORD.replace("body_mass_g", "mass"), JSON, "invalid_row", "lacks the field 'body_mass_g'"),
    (RECORD.replace("}", ', "sex": 1}'), JSON, "invalid_row", "unknown field 'sex'"),
    ("", CSV, "malformed_request", "no rows"),
    (",".join(FEATURES) + "\n1,2,3,4", CSV, "invalid_row", "row 0, value 0 is 'bill_length_mm'"),
    ("1,2,3,", CSV, "invalid_row", "row 0, value 3 is missing"),
    ("1,2,3,nan", CSV, "invalid_row", "row 0, value 3 is nan, not a finite"),
    ("1,2,3,1_0", CSV, "invalid_row", "'1_0', not a number"),
    ('1,2,3,"4', CSV, "malformed_request", "not CSV"),
    (b"\xff\xfe", CSV, "malformed_request", "not UTF-8"),
    (b"no npy", NPY, "malformed_request", "not npy"),
    (_npy([ROW])[:-1], NPY, "malformed_request", "31 bytes of data"),
    (_npy([ROW]) + b"x", NPY, "malformed_request", "33 bytes of data"),
    (_npy(ROW), NPY, "invalid_row", "shape (4,)"),
    (_npy(np.empty((0, 4))), NPY, "invalid_row", "shape (0, 4)"),
    (_npy([["a"] * 4]), NPY, "invalid_row", "<U1"),
    (_npy([[1, 2, 3, np.nan]]), NPY, "invalid_row", "value 3 is nan"),
    (_npy([[None] * 4], allow_pickle=True), NPY, "invalid_row", "dtype object"),
    ("[[1.7e308,-1.7e308,1.7e308,-1.7e308]]", JSON, "invalid_row", "too far from anything"),
]


@pytest.mark.parametrize(("body", "content_type", "code", "message"), BAD)
def test_what_cannot_be_predicted_is_refused_with_400_and_the_place(
    body: "str | bytes", content_type: str, code: str, message: str, predict: Predict
) -> None:
    with pytest.raises(RequestError) as refusal:
        predict(body, content_type)
    assert (refusal.value.status, refusal.value.code) == (400, code)
    assert message in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_header_that_claims_terabytes_is_refused_without_allocating(predict: Predict) -> None:
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 4)}
    np.lib.format.write_array_header_1_0(stream, header)
    with pytest.raises(RequestError, match="the body has 32 bytes of data"):
        predict(stream.getvalue() + bytes(32), NPY)


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/json; charset=utf-16"])
def test_unknown_content_type_is_415(content_type: str, predict: Predict) -> None:
    if not content_type:
        assert predict(json.dumps([ROW]), content_type).labels
        return
    with pytest.raises(RequestError) as refusal:
        predict("[[1,2,3,4]]", content_type)
    assert refusal.value.status == 415


def test_json_answer_has_label_and_probability_of_every_class(predict: Predict) -> None:
    body, content_type = inference.output_fn(predict(json.dumps([ROW, [50, 15, 220, 5500]])), JSON)
    assert content_type == JSON
    answers = json.loads(body)["predictions"]
    assert [answer["label"] for answer in answers] == ["Adelie", "Gentoo"]
    for answer in answers:
        assert list(answer["probabilities"]) == ["Adelie", "Chinstrap", "Gentoo"]
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
        assert max(answer["probabilities"], key=answer["probabilities"].get) == answer["label"]


def test_csv_and_npy_answers_say_the_same_as_json() -> None:
    predictions = Predictions(("a,b", "é水"), np.array([[0.25, 0.75], [1.0, 0.0]]))
    text, content_type = inference.output_fn(predictions, CSV)
    assert content_type == CSV
    assert list(csv.reader(io.StringIO(text.decode()))) == [
        ["é水", "0.25", "0.75"],
        ["a,b", "1.0", "0.0"],
    ]
    binary, content_type = inference.output_fn(predictions, NPY)
    assert content_type == NPY
    array = np.load(io.BytesIO(binary), allow_pickle=False)
    assert array["label"].tolist() == ["é水", "a,b"]
    assert array["probabilities"]["é水"].tolist() == [0.75, 0.0]
    assert array["probabilities"].dtype.names == ("a,b", "é水")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("text/*", CSV),
        ("application/json;q=0.5, text/csv", CSV),
        ("image/png, */*;q=0.1", JSON),
        ("application/x-npy", NPY),
    ],
)
def test_accept_header_chooses_the_format(accept: "str | None", chosen: str) -> None:
    predictions = Predictions(("a", "b"), np.array([[0.25, 0.75]]))
    assert inference.output_fn(predictions, accept)[1] == chosen


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/csv;q=x"])
def test_unacceptable_formats_are_406(accept: str) -> None:
    with pytest.raises(RequestError) as refusal:
        inference.output_fn(Predictions(("a", "b"), np.array([[0.25, 0.75]])), accept)
    assert refusal.value.status == 406


def test_default_format_comes_from_sagemakers_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", CSV)
    predictions = Predictions(("a", "b"), np.array([[0.25, 0.75]]))
    assert inference.output_fn(predictions, "*/*")[1] == CSV
    assert inference.output_fn(predictions, JSON)[1] == JSON
