"""Log entries of jobs and deployed models, as Cloud Logging answers them."""

import json
import re
import threading
from collections.abc import Mapping

from sandbox.gcp.context import Context, now
from sandbox.gcp.paging import matches, page
from sandbox.router import Request
from sandbox.store import Record

FLUSH_SECONDS = 0.25
_OWNER = re.compile(r"resource\.labels\.(?:job_id|endpoint_id)\s*=\s*\"?(\w+)\"?")


class LogEntries:
    """Collects lines and writes them a few times a second."""

    def __init__(self, context: Context) -> None:
        self._store = context.store
        self._lock = threading.Lock()
        self._pending: list[tuple[str, str, str]] = []
        with self._store.transaction() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS log_entries (id INTEGER PRIMARY KEY, project TEXT,"
                " owner TEXT, value TEXT)"
            )
            database.execute("CREATE INDEX IF NOT EXISTS log_owner ON log_entries (owner)")
        context.every(FLUSH_SECONDS, "gcp-logs", self.flush)
        context.on_stop(self.flush)
        context.flush_logs = self.flush

    def write(
        self,
        project: str,
        owner: str,
        *,
        resource: Record,
        log: str,
        line: str,
        labels: Mapping[str, str] | None = None,
    ) -> None:
        """Add one line of ``owner`` (a job's or an endpoint's id), stamped with the time."""
        moment = now()
        entry = {
            "logName": f"projects/{project}/logs/{log}",
            "resource": resource,
            "timestamp": moment,
            "receiveTimestamp": moment,
            "severity": "ERROR" if "Error" in line or "Traceback" in line else "INFO",
            "textPayload": line,
            "labels": dict(labels or {}),
        }
        with self._lock:
            self._pending.append((project, owner, json.dumps(entry)))

    def flush(self) -> None:
        with self._lock:
            pending, self._pending = self._pending, []
        if pending:
            with self._store.transaction() as database:
                database.executemany(
                    "INSERT INTO log_entries (project, owner, value) VALUES (?,?,?)", pending
                )


def list_entries(context: Context, request: Request) -> Record:
    """``entries:list``: a filter of terms joined by AND or line ends."""
    # Who asks because something failed wants its last lines.
    context.flush_logs()
    given = request.json()
    terms = [line.strip() for line in str(given.get("filter", "")).splitlines() if line.strip()]
    expression = " AND ".join(terms)
    projects = {
        context.project_id(name.removeprefix("projects/").split("/")[0])
        for name in given.get("resourceNames", [])
    }
    statement, values = "SELECT project, value FROM log_entries", ()
    owner = _OWNER.search(expression)
    if owner:
        statement, values = f"{statement} WHERE owner=?", (owner[1],)  # type: ignore[assignment]
    found = [
        {**json.loads(value), "insertId": f"sandbox-{number}"}
        for number, (project, value) in enumerate(
            context.store.rows(f"{statement} ORDER BY id", values)
        )
        if not projects or project in projects
    ]
    found = [entry for entry in found if matches(entry, expression)]
    if str(given.get("orderBy", "")).endswith("desc"):
        found.reverse()
    request.queries = {
        "pageSize": [str(given.get("pageSize") or 50)],
        "pageToken": [str(given.get("pageToken") or "")],
    }
    return page(request, "entries", found)
