"""The end of a job's log, for error messages and progress lines."""

from typing import Final

from components.azure.runs.blobs import newest_blob_tail

TAIL_LINES: Final = 20
# Where runs keep their files: the workspace's datastore `workspaceartifactstore`.
_CONTAINER: Final = "azureml"
_USER_LOGS: Final = "ExperimentRun/dcid.{job}/user_logs/"


def tail(account_url: str, job: str, *, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of what the job's own code printed; ``[]`` when that cannot be read.

    A log that is missing or forbidden must not hide the error it was asked for.
    """
    from azure.core.exceptions import AzureError

    try:
        prefix = _USER_LOGS.format(job=job)
        return newest_blob_tail(account_url, _CONTAINER, prefix, lines=lines)
    except AzureError:
        return []


def last_line(account_url: str, job: str) -> str:
    """The newest line that says anything, cut to fit a progress row."""
    newest = [line for line in tail(account_url, job, lines=3) if line.strip()]
    return newest[-1][:120] if newest else ""


def excerpt(account_url: str, job: str) -> str:
    """The paragraph of an error message that shows where the log is and how it ends."""
    place = f"{account_url.rstrip('/')}/{_CONTAINER}/{_USER_LOGS.format(job=job)}"
    lines = tail(account_url, job)
    if not lines:
        return f"Nothing to read yet in {place}."
    shown = "\n".join(f"    {line}" for line in lines)
    return f"The log ends with ({place}):\n{shown}"
