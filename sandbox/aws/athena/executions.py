"""The life of a query: queued, running in a thread of its own, then done for good."""

import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.aws.athena import ddl, results, writes
from sandbox.aws.athena.catalog import Catalog
from sandbox.aws.athena.engine import Cancelled, Session
from sandbox.aws.athena.errors import QueryError
from sandbox.aws.athena.statements import Ddl, Query, Write, parse, statement_type, tidy
from sandbox.aws.athena.types import ResultColumn, result_column
from sandbox.aws.athena.writes import Stored
from sandbox.aws.s3 import objects

_AT_ONCE = threading.Semaphore(4)
FINAL = ("SUCCEEDED", "FAILED", "CANCELLED")


@dataclass(kw_only=True)
class Execution:
    """What is known of one query; plain data that survives a restart.

    `output_prefix` is the S3 prefix for results, None where the workgroup manages them itself.
    """

    id: str
    account: str
    region: str
    query: str
    database: str
    parameters: list[str]
    workgroup: str
    context: dict[str, str]
    output_prefix: str | None
    result_configuration: dict[str, Any]
    engine_version: dict[str, str]
    token: str | None
    state: str = "QUEUED"
    reason: str | None = None
    submitted: datetime = field(default_factory=lambda: datetime.now(UTC))
    completed: datetime | None = None
    output: str | None = None
    manifest: str | None = None
    columns: list[ResultColumn] = field(default_factory=list)
    managed_rows: list[list[str | None]] = field(default_factory=list)
    scanned_bytes: int = 0
    engine_milliseconds: int = 0
    update_count: int = 0

    @property
    def kind(self) -> str:
        return statement_type(self.query)

    @property
    def substatement(self) -> str:
        words = re.findall(r"\w+", tidy(self.query).upper())[:3]
        if words[:2] == ["CREATE", "TABLE"]:
            return "CREATE_TABLE_AS_SELECT"
        if words[:1] in (["SELECT"], ["WITH"]):
            return "SELECT"
        return "_".join(words if words[:1] == ["CREATE"] else words[:2]) or "UNKNOWN"


class Runner:
    """Runs executions; `changed` is called when one of them changed."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed
        self._sessions: dict[str, Session | None] = {}
        self._done: dict[str, threading.Event] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, execution: Execution) -> None:
        self._done[execution.id] = threading.Event()
        self._sessions[execution.id] = None
        threading.Thread(
            target=self._run, args=(execution,), name=f"athena-{execution.id}", daemon=True
        ).start()

    def wait(self, execution: Execution, seconds: float) -> None:
        """Give a query a moment, so that a caller who asks at once need not ask again."""
        if event := self._done.get(execution.id):
            event.wait(seconds)

    def settle(self, execution: Execution) -> None:
        """End a query that ran when the sandbox was stopped."""
        if execution.state not in FINAL and execution.id not in self._done:
            self._finish(execution, "FAILED", "GENERIC_INTERNAL_ERROR: the sandbox was restarted")

    def stop(self, execution: Execution) -> None:
        with self._lock:
            if execution.state in FINAL:
                return
            session = self._sessions.get(execution.id)
            self._finish(execution, "CANCELLED", "Query cancelled by user")
        if session is not None:
            session.stop()

    def stop_all(self) -> None:
        """Interrupt what runs and wait for it: the engine must not outlive the sandbox."""
        with self._lock:
            self._closed = True
            sessions = list(self._sessions.items())
        for _, session in sessions:
            if session is not None:
                session.stop()
        for identifier, _ in sessions:
            self._done[identifier].wait(5.0)

    def _run(self, execution: Execution) -> None:
        workspace = Path(tempfile.mkdtemp(prefix="athena-"))
        try:
            with _AT_ONCE:
                self._run_in(execution, workspace)
        finally:
            shutil.rmtree(workspace, ignore_errors=True)
            with self._lock:
                self._sessions.pop(execution.id, None)
            self._done[execution.id].set()
            self._changed()

    def _run_in(self, execution: Execution, workspace: Path) -> None:
        with self._lock:
            if execution.state in FINAL:
                return
            execution.state = "RUNNING"
        started = time.monotonic()
        try:
            self._answer(execution, workspace)
            state, reason = "SUCCEEDED", None
        except Cancelled:
            state, reason = "CANCELLED", "Query cancelled by user"
            if self._closed:
                state, reason = "FAILED", "GENERIC_INTERNAL_ERROR: the sandbox was stopped"
        except (QueryError, objects.ObjectMissing) as error:
            state, reason = "FAILED", str(error)
        except Exception as error:  # noqa: BLE001 - any failure must end the query
            state = "FAILED"
            reason = f"GENERIC_INTERNAL_ERROR: {type(error).__name__}: {error}"
        execution.engine_milliseconds = int((time.monotonic() - started) * 1000)
        with self._lock:
            if execution.state not in FINAL:
                self._finish(execution, state, reason)

    @staticmethod
    def _finish(execution: Execution, state: str, reason: str | None) -> None:
        execution.completed = datetime.now(UTC)
        execution.reason = reason
        execution.state = state

    def _answer(self, execution: Execution, workspace: Path) -> None:
        catalog = Catalog(account=execution.account, region=execution.region)
        statement = parse(
            execution.query, database=execution.database, parameters=execution.parameters
        )
        if isinstance(statement, Ddl):
            scope = ddl.Scope(catalog=catalog, database=execution.database, workspace=workspace)
            listing = ddl.run(statement.text, scope)
            execution.columns = listing.columns
            body = "".join(f"{line}\n" for line in listing.lines).encode()
            _keep(execution, f"{execution.id}.txt", body, [[line] for line in listing.lines])
            return
        session = Session(catalog, workspace)
        with self._lock:
            self._sessions[execution.id] = session
        try:
            if isinstance(statement, Query):
                _select(session, statement, execution)
            else:
                _write(session, statement, execution)
            execution.scanned_bytes = session.scanned_bytes
        finally:
            session.close()


def _keep(execution: Execution, name: str, body: bytes, rows: list[list[str | None]]) -> None:
    """Put the result where the workgroup says; with managed results it stays with the query."""
    if execution.output_prefix is None:
        execution.managed_rows = rows
        return
    execution.output = execution.output_prefix + name
    metadata = results.metadata(execution.columns)
    objects.write_object(execution.account, execution.output, body)
    objects.write_object(execution.account, f"{execution.output}.metadata", metadata)


def _select(session: Session, query: Query, execution: Execution) -> None:
    session.load(query)
    selected = session.select(query)
    execution.columns = [result_column(name, kind) for name, kind in selected.columns]
    rows = [[results.render(value) for value in row] for row in selected.rows]
    header: list[str | None] = [column.name for column in execution.columns]
    body = results.to_csv(execution.columns, rows)
    _keep(execution, f"{execution.id}.csv", body, [header, *rows])


def _write(session: Session, write: Write, execution: Execution) -> None:
    session.load(write.query)
    prefix = execution.output_prefix
    stored: Stored
    if write.kind == "CTAS":
        if prefix is None and write.location is None:
            raise QueryError("INVALID_LOCATION", "CREATE TABLE AS needs an external_location")
        location = write.location or f"{prefix}tables/{execution.id}/"
        stored = writes.create_table_as(session, write, location=location)
        name = f"tables/{execution.id}"
    else:
        stored = (
            writes.unload(session, write)
            if write.kind == "UNLOAD"
            else writes.insert(session, write)
        )
        name = execution.id
    execution.columns = [ResultColumn(name="rows", type="bigint", precision=19, scale=0)]
    execution.update_count = stored.rows
    if prefix is None:
        return
    execution.output = prefix + name
    execution.manifest = f"{prefix}{name}-manifest.csv"
    manifest = "".join(f"{uri}\n" for uri in stored.files).encode()
    objects.write_object(execution.account, execution.manifest, manifest)
    metadata = results.metadata(execution.columns)
    objects.write_object(execution.account, f"{prefix}{name}.metadata", metadata)
