"""The hooks of a user's module, with the defaults that AWS's scikit-learn server has.

`model_fn(model_dir)` is required. `input_fn(body, content_type)`, `predict_fn(data, model)` and
`output_fn(prediction, accept)` have defaults; or one `transform_fn(model, body, content_type,
accept)` takes their place. As on AWS, a body of type application/json or text/csv is text, any
other is bytes. Hooks run in several threads at once unless SERVE_THREADS is 1. A module
whose hooks only compute may set INLINE_BODY_BYTES: bodies up to that size are then predicted
without a thread for as long as that proves quick. SCHEMAS, a pair of JSON schemas for requests and
answers, is what /swagger.json tells. An entry script of Azure ML serves as well (serve_entry.py).
"""

import importlib
import io
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from serve_entry import entry_hooks
from user_errors import DataError

_log = logging.getLogger("serve")
_TEXT_TYPES = ("application/json", "text/csv")
_NPY = "application/x-npy"


class Answer(NamedTuple):
    """What is sent back: HTTP status, body and content type."""

    status: int
    body: bytes
    content_type: str


class Refusal(Exception):
    """A status, a code and a message that may be shown to the caller."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code

    def answer(self) -> Answer:
        """The JSON error body, the same on every route."""
        body = json.dumps({"error": {"code": self.code, "message": str(self)}}).encode()
        return Answer(self.status, body, "application/json")


def load_hooks(program: Path) -> ModuleType:
    """Import the user's module, its siblings first on the path. Raises DataError."""
    sys.path.insert(0, str(program.parent))
    try:
        module = importlib.import_module(program.stem)
    except Exception as error:
        _log.exception("importing %s failed", program)
        raise DataError(
            f"the inference code {program} cannot be imported: {type(error).__name__}: {error}"
        ) from error
    if not hasattr(module, "model_fn") and hasattr(module, "init") and hasattr(module, "run"):
        return entry_hooks(module, program)
    if not hasattr(module, "model_fn"):
        raise DataError(f"{program} has no model_fn(model_dir): define it to load the model")
    others = [name for name in ("input_fn", "predict_fn", "output_fn") if hasattr(module, name)]
    if hasattr(module, "transform_fn") and others:
        raise DataError(f"{program} has transform_fn and {others[0]}: keep one or the other")
    return module


class Predictor:
    """A loaded model behind its hooks: body in, answer out. Safe to call from several threads."""

    def __init__(self, hooks: ModuleType, model: object) -> None:
        self._model = model
        self._input = getattr(hooks, "input_fn", default_input_fn)
        self._predict = getattr(hooks, "predict_fn", default_predict_fn)
        self._output = getattr(hooks, "output_fn", default_output_fn)
        self.inline_body_bytes = int(getattr(hooks, "INLINE_BODY_BYTES", 0))
        self.schemas: tuple[dict[str, Any], dict[str, Any]] | None = getattr(hooks, "SCHEMAS", None)
        self._transform: Callable[..., Any] = getattr(hooks, "transform_fn", self._by_steps)

    def _by_steps(self, model: object, body: str | bytes, content_type: str, accept: str) -> Any:
        return self._output(self._predict(self._input(body, content_type), model), accept)

    def answer(self, body: bytes, content_type: str, accept: str) -> Answer:
        """Run the hooks; whatever they raise becomes an answer without internals in it."""
        try:
            text = _decoded(body) if content_type in _TEXT_TYPES else body
            return _as_answer(self._transform(self._model, text, content_type, accept), accept)
        except Exception as error:  # noqa: BLE001 - a hook may raise anything
            status = getattr(error, "status", None)
            if isinstance(status, int) and 400 <= status < 600:
                return Refusal(status, str(getattr(error, "code", "refused")), str(error)).answer()
            _log.exception("a hook failed")
            return Refusal(
                500, "internal_error", "the prediction failed; the log of the server has the reason"
            ).answer()


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal(400, "malformed_request", "the body is not UTF-8 text") from None


def _as_answer(result: Any, accept: str) -> Answer:
    """What output_fn may return on AWS: body and type, a body alone, or a Flask response."""
    if hasattr(result, "get_data"):
        return Answer(result.status_code, result.get_data(), result.content_type)
    body, content_type = result if isinstance(result, tuple) else (result, accept)
    return Answer(200, body.encode() if isinstance(body, str) else bytes(body), content_type)


def default_input_fn(body: str | bytes, content_type: str) -> Any:
    """Numbers as an array: float32 from JSON and CSV, the array itself from npy."""
    import numpy as np

    try:
        if content_type == "application/json":
            return np.array(json.loads(body), dtype=np.float32)
        if content_type == "text/csv":
            return np.genfromtxt(io.StringIO(str(body)), dtype=np.float32, delimiter=",")
        if content_type == _NPY and isinstance(body, bytes):
            return np.load(io.BytesIO(body), allow_pickle=False)
    except (ValueError, TypeError, EOFError) as error:
        raise Refusal(400, "malformed_request", f"the body is not {content_type}") from error
    raise Refusal(415, "unsupported_content_type", f"{content_type!r} is not supported")


def default_predict_fn(data: Any, model: Any) -> Any:
    """`model.predict(data)`."""
    return model.predict(data)


def default_output_fn(prediction: Any, accept: str) -> tuple[bytes, str]:
    """An array as JSON, CSV or npy."""
    import numpy as np

    array = np.asarray(prediction)
    if accept == "application/json":
        return json.dumps(array.tolist()).encode(), accept
    if accept == "text/csv":
        rows = np.atleast_1d(array).tolist()
        lines = (",".join(map(str, row)) if isinstance(row, list) else str(row) for row in rows)
        return ("\n".join(lines) + "\n").encode(), accept
    if accept == _NPY:
        stream = io.BytesIO()
        np.save(stream, array, allow_pickle=False)
        return stream.getvalue(), accept
    raise Refusal(406, "not_acceptable", f"{accept!r} is not written")
