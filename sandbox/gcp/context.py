"""What a service of the GCP sandbox is given, and how it adds routes.

A service package defines ``install(context: Context) -> None`` and is listed in
``sandbox.gcp.server.SERVICES``::

    def install(context: Context) -> None:
        context.route("GET", "/v1/projects/{project}/things/{thing}", get_thing)
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.gcp.environment import PROJECT
from sandbox.gcp.errors import invalid
from sandbox.wire_context import WireContext

if TYPE_CHECKING:
    from sandbox.gcp.operations import Operations
    from sandbox.gcp.storage.table import ObjectTable

PROJECT_NUMBER = "123456789012"
# What google-cloud-storage says for want of a project when it is told of an emulator.
UNKNOWN_PROJECT = "<none>"


def now() -> str:
    """The time as the APIs write it: UTC with microseconds and ``Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(kw_only=True)
class Context(WireContext):
    """The running GCP side, as its services see it.

    Attributes:
        aws_url: the sandbox's AWS endpoint, for transfers from S3.
        operations: long-running operations of every service.
        flush_logs: makes lines that were written until now readable.
        objects: what is in Cloud Storage, for jobs and transfers.
    """

    aws_url: str
    operations: "Operations" = field(init=False)
    flush_logs: Callable[[], None] = lambda: None
    objects: "ObjectTable" = field(init=False)

    @property
    def credentials(self) -> Path:
        """What Google's libraries are given to prove themselves to this server with."""
        return self.directory / "credentials.json"

    def number(self, project: str) -> str:
        """The number of a project given by id or number.

        Every project exists; the number is made from the id, so it is the same after a reset.
        """
        if project.isdigit():
            return project
        if project in (PROJECT, UNKNOWN_PROJECT):
            return PROJECT_NUMBER
        if not project or project == "-":
            raise invalid(f"Invalid project {project!r}.")
        number = str(int(hashlib.sha256(project.encode()).hexdigest(), 16) % 10**11 + 2 * 10**11)
        if self.store.get("project-numbers", number) is None:
            self.store.put("project-numbers", number, {"id": project})
        return number

    def is_known(self, project: str) -> bool:
        """Whether a project, given by id, was ever named here other than as a member's."""
        numbers = self.store.find("project-numbers")
        return project == PROJECT or any(record["id"] == project for _, record in numbers)

    def project_id(self, project: str) -> str:
        """The id of a project given by id or number."""
        if project == UNKNOWN_PROJECT:
            return PROJECT
        if not project.isdigit():
            return project
        if project == PROJECT_NUMBER:
            return PROJECT
        known = self.store.get("project-numbers", project)
        return str(known["id"]) if known else project

    def environment(self, project: str) -> dict[str, str]:
        """What a job's or a serving process's Google clients need to reach this server."""
        return {
            "STORAGE_EMULATOR_HOST": self.url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(self.credentials),
            "GOOGLE_CLOUD_PROJECT": self.project_id(project),
            "NO_GCE_CHECK": "true",
        }
