"""Why a request is refused: the one place that maps reasons to HTTP status codes.

A server needs no import from here to answer well: it reads `status`, `code` and the message of any
exception that has them. A hook of your own may raise its own class with these attributes.
"""

import json


class RequestError(Exception):
    """A request that gets no prediction; the message is safe to send to the caller."""

    status = 400
    code = "bad_request"


class MalformedRequest(RequestError):
    """The body is not what its content type says (400)."""

    code = "malformed_request"


class InvalidRow(RequestError):
    """The body can be read, but a row does not fit the model (400)."""

    code = "invalid_row"


class UnsupportedContentType(RequestError):
    """The body has a format that is not read (415)."""

    status = 415
    code = "unsupported_content_type"


class NotAcceptable(RequestError):
    """The caller accepts no format that is written (406)."""

    status = 406
    code = "not_acceptable"


class PredictionFailed(RequestError):
    """Our fault; the reason is in the log, not in the answer (500)."""

    status = 500
    code = "internal_error"

    def __init__(self) -> None:
        super().__init__("the prediction failed; the log of the endpoint has the reason")


def error_body(code: str, message: str) -> bytes:
    """The JSON body of every error answer."""
    return json.dumps({"error": {"code": code, "message": message}}).encode()
