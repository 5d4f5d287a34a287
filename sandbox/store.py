"""Records that survive a restart: JSON documents by collection and name, in one SQLite file.

A write is on disk when it returns, so a killed daemon loses nothing it has answered for.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.errors import StateError
from sandbox.state import remedy

VERSION = 1

Record = dict[str, Any]


class Store:
    """All records of one cloud. Any thread may use it."""

    def __init__(self, path: Path) -> None:
        """Open or create the file.

        Raises:
            StateError: damaged, or written by another version of the sandbox.
        """
        self.lock = threading.RLock()
        self._depth = 0
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            self._database.execute("PRAGMA journal_mode=WAL")
            # Safe against a killed process; only a power cut may lose the last moments.
            self._database.execute("PRAGMA synchronous=NORMAL")
            found = self._database.execute("PRAGMA user_version").fetchone()[0]
            if found not in (0, VERSION):
                raise StateError(f"{path} is of format {found}, this is {VERSION}; {remedy(path)}")
            self._database.execute(
                "CREATE TABLE IF NOT EXISTS records (collection TEXT, name TEXT, value TEXT,"
                " PRIMARY KEY (collection, name)) WITHOUT ROWID"
            )
            self._database.execute(f"PRAGMA user_version={VERSION}")
        except StateError:
            self._database.close()
            raise
        except sqlite3.DatabaseError as error:
            self._database.close()
            raise StateError(f"{path} cannot be read ({error}); {remedy(path)}") from error

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Changes that are kept together or not at all; nests."""
        with self.lock:
            outermost = self._depth == 0
            if outermost:
                self._database.execute("BEGIN")
            self._depth += 1
            try:
                yield self._database
            except BaseException:
                if outermost:
                    self._database.execute("ROLLBACK")
                raise
            else:
                if outermost:
                    self._database.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, statement: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """The result of one query."""
        with self.lock:
            return self._database.execute(statement, values).fetchall()

    def get(self, collection: str, name: str) -> Record | None:
        rows = self.rows(
            "SELECT value FROM records WHERE collection=? AND name=?", (collection, name)
        )
        return json.loads(rows[0][0]) if rows else None

    def put(self, collection: str, name: str, value: Record) -> None:
        """Write a record, new or not."""
        with self.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO records VALUES (?,?,?)",
                (collection, name, json.dumps(value, separators=(",", ":"))),
            )

    def delete(self, collection: str, name: str) -> None:
        with self.transaction() as database:
            database.execute(
                "DELETE FROM records WHERE collection=? AND name=?", (collection, name)
            )

    def find(self, collection: str, prefix: str = "") -> list[tuple[str, Record]]:
        """Names and records whose name starts with ``prefix``, by name."""
        rows = self.rows(
            "SELECT name, value FROM records WHERE collection=? AND name>=? AND name<?"
            " ORDER BY name",
            (collection, prefix, prefix + "\U0010ffff"),
        )
        return [(name, json.loads(value)) for name, value in rows]

    @contextmanager
    def change(self, collection: str, name: str) -> Iterator[Record]:
        """A record to alter in place; written at the end.

        Raises:
            KeyError: there is none.
        """
        with self.transaction():
            record = self.get(collection, name)
            if record is None:
                raise KeyError(name)
            yield record
            self.put(collection, name, record)

    def close(self) -> None:
        with self.lock:
            self._database.close()
