"""Answers in the form of Azure ML's inference server, for our own server and for Azure's.

Every error body is `{"message": …}`; a header tells whether the scoring code failed
(microsoft/azureml-inference-server, `routes.py`).
"""

import json

from serve_hooks import Answer


def with_message(answer: Answer) -> Answer:
    """An error with its message only; any other answer as it is."""
    if answer.status < 400:
        return answer
    try:
        message = json.loads(answer.body)["error"]["message"]
    except (ValueError, KeyError, TypeError):  # a hook answered in a form of its own
        return answer
    body = json.dumps({"message": message}).encode()
    return answer._replace(body=body, content_type="application/json")


def run_headers(answer: Answer) -> dict[str, str]:
    """Whether the scoring code failed; a refusal is no failure."""
    return {"x-ms-run-function-failed": str(answer.status == 500)}
