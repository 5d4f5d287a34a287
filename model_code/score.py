"""The entry script for Azure ML's own inference server, over the four hooks.

That server calls `init` and `run` (azureml-inference-server-http 1.x, in Microsoft's inference
images); serve.py takes the hooks. AZUREML_MODEL_DIR and MODEL_SHA256 tell which model.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

# The server loads this file by its path: its siblings are found only with this.
sys.path.insert(0, str(Path(__file__).resolve().parent))

import inference
from azure_answers import with_message
from inference import (
    INLINE_BODY_BYTES,
    SCHEMAS,
    input_fn,
    model_fn,
    output_fn,
    predict_fn,
)
from serve_hooks import Predictor

__all__ = [
    "INLINE_BODY_BYTES",
    "SCHEMAS",
    "init",
    "input_fn",
    "model_fn",
    "output_fn",
    "predict_fn",
    "run",
]

_loaded: list[Predictor] = []


def init() -> None:
    """Load the model. Raises DataError when it is not the trusted one: the server then ends."""
    model = inference.model_fn(os.environ.get("AZUREML_MODEL_DIR", ""))
    _loaded[:] = [Predictor(inference, model)]


def run(request: Any) -> Any:
    """A prediction. `request` is Flask's; every content type that the hooks read is taken."""
    answers = import_module("azureml_inference_server_http.api.aml_response")
    if request.method == "OPTIONS":
        return answers.AMLResponse("", 200)
    headers = request.headers
    content_type = headers.get("Content-Type") or "application/json"
    accept = headers.get("Accept")
    if not accept or accept == "*/*":
        accept = "application/json"
    answer = with_message(_loaded[0].answer(request.get_data(), content_type, accept))
    # The server itself tells how long it took and, by the status, whether this script failed.
    sent = {"Content-Type": answer.content_type}
    return answers.AMLResponse(answer.body, answer.status, sent)


if "azureml_inference_server_http" in sys.modules:
    run = import_module("azureml_inference_server_http.api.aml_request").rawhttp(run)
