"""The four hooks a model server calls: on SageMaker AWS's own server, elsewhere serve.py.

Rows come in raw units; the model file knows mean and standard deviation. What must hold on every
server lives here: the digest check, the validation of rows, errors that are safe to show.
"""

from pathlib import Path

import numpy as np
from aws_server import answer_refusals, carry_refusals
from model_artifact import Model, find_model, load_model, trusted_digest
from request_bodies import Rows, decode, to_matrix
from request_errors import InvalidRow
from response_bodies import Predictions, encode

# Bodies up to this size may be predicted on a server's event loop: handing over to a thread takes
# longer than the prediction. Leave it out where a hook waits for anything, such as another service.
INLINE_BODY_BYTES = 4096

# Requests and answers in JSON, for /swagger.json; CSV and npy are read and written too.
SCHEMAS = (
    {
        "type": "object",
        "required": ["instances"],
        "properties": {
            "instances": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}}
        },
        "example": {"instances": [[1, 2, 3, 4]]},
    },
    {
        "type": "object",
        "properties": {
            "predictions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "label": {"type": "string"},
                        "probabilities": {
                            "type": "object",
                            "additionalProperties": {"type": "number"},
                        },
                    },
                },
            }
        },
    },
)


def model_fn(model_dir: str) -> Model:
    """Load the model, if it is the one MODEL_SHA256 names. Raises DataError otherwise."""
    return load_model(find_model(Path(model_dir)), digest=trusted_digest())


@carry_refusals
def input_fn(body: str | bytes, content_type: str | None) -> Rows:
    """Read a request body. Raises RequestError (400, 415)."""
    return decode(body, content_type)


@carry_refusals
def predict_fn(rows: Rows, model: Model) -> Predictions:
    """Label and probabilities of each row. Raises InvalidRow (400) for rows that do not fit."""
    matrix = to_matrix(rows, model.features)
    with np.errstate(over="ignore", invalid="ignore"):
        probabilities = model.probabilities((matrix - model.mean) / model.std)
    if not np.isfinite(probabilities).all():
        raise InvalidRow("values are too far from anything the model was trained on")
    return Predictions(model.classes, probabilities)


@answer_refusals
def output_fn(predictions: Predictions, accept: str | None) -> tuple[bytes, str]:
    """The response body and its content type. Raises NotAcceptable (406)."""
    return encode(predictions, accept)
