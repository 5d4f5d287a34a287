"""The hooks inside AWS's own server, where its code is installed (see cloud_images.lock)."""

import collections
import collections.abc
import importlib
import importlib.util
import json
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import inference
import pytest

if importlib.util.find_spec("sagemaker_containers") is None:
    pytest.skip("the code of AWS's server is not installed", allow_module_level=True)

JSON = "application/json"


@pytest.fixture(scope="module")
def aws() -> Iterator[SimpleNamespace]:
    """AWS's packages, imported only for these tests: the hooks notice when they are."""
    with pytest.MonkeyPatch.context() as patch:
        # Removed from Python in 3.10; AWS's image patches the package in the same way.
        patch.setattr(collections, "Mapping", collections.abc.Mapping, raising=False)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            framework = importlib.import_module("sagemaker_containers.beta.framework")
        yield SimpleNamespace(transformer=framework.transformer, worker=framework.worker)
        for name in [name for name in sys.modules if name.startswith("sagemaker_containers")]:
            del sys.modules[name]


@pytest.fixture
def client(
    aws: SimpleNamespace, trained: Path, digest: str, monkeypatch: pytest.MonkeyPatch
) -> Any:
    """A client of AWS's application over the hooks, put together as the image does."""
    monkeypatch.setenv("MODEL_SHA256", digest)
    hooks = aws.transformer.Transformer(
        model_fn=lambda _: inference.model_fn(str(trained)),
        input_fn=inference.input_fn,
        predict_fn=inference.predict_fn,
        output_fn=inference.output_fn,
    )
    hooks.initialize()
    return aws.worker.Worker(transform_fn=hooks.transform, module_name="inference").test_client()


def _post(client: Any, body: Any, content_type: str = JSON, accept: str = "*/*") -> Any:
    headers = {"Content-Type": content_type, "Accept": accept}
    return client.post("/invocations", data=body, headers=headers)


def test_prediction_passes_through(client: Any) -> None:
    reply = _post(client, "[[39.1,18.7,181,3750]]")
    assert (reply.status_code, reply.mimetype) == (200, JSON)
    assert reply.get_json()["predictions"][0]["label"] == "Adelie"
    reply = _post(client, b"39.1,18.7,181,3750", "text/csv; charset=utf-8", "text/csv")
    assert reply.get_data().startswith(b"Adelie,")


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        ("{", JSON, JSON, 400),
        ("[[1,2,3]]", JSON, JSON, 400),
        ("[[1,2,3,NaN]]", JSON, JSON, 400),
        ("[[1,2,3,4]]", JSON, "image/png", 406),
        ("[[1,2,3,4]]", "text/plain", JSON, 415),
    ],
)
def test_refusals_keep_their_status(
    body: str, content_type: str, accept: str, status: int, client: Any
) -> None:
    reply = _post(client, body, content_type, accept)
    assert reply.status_code == status
    assert set(reply.get_json()["error"]) == {"code", "message"}


def test_failure_shows_nothing(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object) -> None:
        raise ValueError("password=hunter2")

    monkeypatch.setattr(inference, "to_matrix", crash)
    reply = _post(client, "[[1,2,3,4]]")
    assert reply.status_code == 500
    assert json.loads(reply.get_data())["error"]["code"] == "internal_error"
    assert b"hunter2" not in reply.get_data()
