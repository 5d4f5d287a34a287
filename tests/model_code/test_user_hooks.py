"""A module of the user's own in place of inference.py, as on AWS's server."""

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from serve_hooks import Predictor, load_hooks
from user_errors import DataError

from tests.model_code.http_process import ServerProcess

JSON = "application/json"


class Teapot(Exception):
    """A refusal of the user's own."""

    status = 418
    code = "teapot"


def _predictor(**hooks: Callable[..., Any]) -> Predictor:
    model = SimpleNamespace(predict=lambda rows: rows.sum(axis=1))
    return Predictor(SimpleNamespace(**hooks), model)  # type: ignore[arg-type]


def test_missing_hooks_have_awss_defaults() -> None:
    predictor = _predictor()
    assert predictor.answer(b"[[1,2],[3,4]]", JSON, JSON) == (200, b"[3.0, 7.0]", JSON)
    assert predictor.answer(b"1,2\n3,4", "text/csv", "text/csv").body == b"3.0\n7.0\n"
    npy = predictor.answer(b"[[1,2]]", JSON, "application/x-npy").body
    assert predictor.answer(b"{", JSON, JSON).status == 400
    assert predictor.answer(b"x", "text/x", JSON).status == 415
    assert predictor.answer(b"[[1]]", JSON, "text/x").status == 406
    again = Predictor(SimpleNamespace(predict_fn=lambda data, _: data), None)  # type: ignore[arg-type]
    assert json.loads(again.answer(npy, "application/x-npy", JSON).body) == [3.0]


def test_default_input_never_unpickles() -> None:
    array = np.array([{"a": 1}], dtype=object)
    import io

    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    assert _predictor().answer(stream.getvalue(), "application/x-npy", JSON).status == 400


def test_text_types_reach_the_hook_as_text_and_others_as_bytes() -> None:
    seen: list[object] = []
    predictor = _predictor(
        input_fn=lambda body, _: seen.append(body),
        predict_fn=lambda data, _: data,
        output_fn=lambda *_: ("", JSON),
    )
    for content_type in (JSON, "text/csv", "image/png"):
        predictor.answer("é".encode(), content_type, JSON)
    assert seen == ["é", "é", "é".encode()]


def test_own_refusals_keep_their_status_and_other_errors_show_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def refuse(*_: object) -> None:
        raise Teapot("no coffee")

    def crash(*_: object) -> None:
        raise ValueError("password=hunter2")

    refused = _predictor(input_fn=refuse).answer(b"", JSON, JSON)
    assert refused.status == 418
    assert json.loads(refused.body) == {"error": {"code": "teapot", "message": "no coffee"}}
    crashed = _predictor(predict_fn=crash).answer(b"[[1]]", JSON, JSON)
    assert crashed.status == 500
    assert b"hunter2" not in crashed.body
    assert "hunter2" in caplog.text


@pytest.mark.parametrize("result", [b"x", "x", ("x", "text/csv"), bytearray(b"x")])
def test_output_may_be_a_body_or_body_and_type(result: object) -> None:
    answer = _predictor(output_fn=lambda *_: result).answer(b"[[1]]", JSON, "text/csv")
    assert answer == (200, b"x", "text/csv")


def test_transform_fn_takes_the_place_of_three_hooks(tmp_path: Path, serve: Any) -> None:
    (tmp_path / "helper_of_mine.py").write_text("SUFFIX = '!'\n")
    (tmp_path / "score.py").write_text(
        "from helper_of_mine import SUFFIX\n"
        "def model_fn(d): return 'model'\n"
        "def transform_fn(model, body, content_type, accept):\n"
        "    return model + body + SUFFIX, 'text/plain'\n"
    )
    server: ServerProcess = serve(
        MODEL_DIR=str(tmp_path),
        SAGEMAKER_SUBMIT_DIRECTORY=str(tmp_path),
        SAGEMAKER_PROGRAM="score.py",
    )
    server.wait_until_ready()
    reply = server.request("POST", "/invocations", "x", {"Content-Type": "text/csv"})
    assert (reply.status, reply.body) == (200, b"modelx!")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("def input_fn(b, c): pass", "has no model_fn"),
        ("def model_fn(d): pass\ntransform_fn = output_fn = model_fn", "keep one or the other"),
        ("import nothing_like_this", "cannot be imported: ModuleNotFoundError"),
        ("def model_fn(", "cannot be imported: SyntaxError"),
    ],
)
def test_unusable_modules_are_refused_with_the_reason(
    source: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys, "path", list(sys.path))
    name = f"hooks_{abs(hash(source))}"
    (tmp_path / f"{name}.py").write_text(source)
    with pytest.raises(DataError, match=message):
        load_hooks(tmp_path / f"{name}.py")
