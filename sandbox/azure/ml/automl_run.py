"""AutoML jobs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sandbox.errors import JobError
from sandbox.store import Record

if TYPE_CHECKING:
    from sandbox.azure.ml.jobs import Jobs


def check(properties: Mapping[str, Any]) -> None:
    """Refuse."""
    raise JobError("AutoML is not supported by the sandbox")


class AutoMLRun:
    def __init__(self, jobs: "Jobs", record: Record) -> None:
        self._jobs, self._record = jobs, record

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def join(self) -> None: ...
