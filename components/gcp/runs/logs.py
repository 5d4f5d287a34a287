"""The end of a job's log in Cloud Logging, for error messages and progress lines."""

from typing import Any, Final

from components.gcp.runs.cloud import ApiError, call

TAIL_LINES: Final = 20


def tail(project: str, condition: str, *, lines: int = TAIL_LINES) -> list[str]:
    """The last lines that fit a filter, oldest first; ``[]`` when the log cannot be read.

    A log that is missing or forbidden must not hide the error it was asked for.
    """
    import requests

    try:
        answer = call(
            "logging",
            "POST",
            "/v2/entries:list",
            body={
                "resourceNames": [f"projects/{project}"],
                "filter": condition,
                "orderBy": "timestamp desc",
                "pageSize": lines,
            },
        )
    except (ApiError, requests.RequestException):
        return []
    return [_text(entry) for entry in reversed(answer.get("entries", []))]


def last_line(project: str, condition: str) -> str:
    """The newest line that says anything, cut to fit a progress row."""
    newest = [line for line in tail(project, condition, lines=3) if line.strip()]
    return newest[-1][:120] if newest else ""


def excerpt(project: str, condition: str) -> str:
    """The paragraph of an error message that shows where the log is and how it ends."""
    lines = tail(project, condition)
    if not lines:
        return f"Nothing to read yet in Cloud Logging of {project} ({condition})."
    shown = "\n".join(f"    {line}" for line in lines)
    return f"The log ends with (Cloud Logging of {project}, {condition}):\n{shown}"


def of_job(job_name: str) -> str:
    """The filter of a Vertex AI job's log; ``job_name`` is ``projects/…/customJobs/ID``."""
    return f'resource.labels.job_id="{job_name.rsplit("/", 1)[-1]}"'


def of_endpoint(endpoint: str) -> str:
    """The filter of an endpoint's log; ``endpoint`` is ``projects/…/endpoints/ID``."""
    return f'resource.labels.endpoint_id="{endpoint.rsplit("/", 1)[-1]}"'


def _text(entry: dict[str, Any]) -> str:
    payload = entry.get("jsonPayload") or {}
    return str(entry.get("textPayload") or payload.get("message") or payload).rstrip()
