"""All generations of all objects: one row each, in the order in which Cloud Storage lists them."""

import base64
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.storage.bodies import Blob, Bodies
from sandbox.store import Record

LIVE, NONCURRENT, SOFT_DELETED = "live", "noncurrent", "deleted"
_LAST = "\U0010ffff"


@dataclass
class Generation:
    """One generation of an object; ``value`` is its resource, ``body`` its file."""

    bucket: str
    name: str
    number: int
    state: str
    body: str
    value: Record


def timestamp(seconds: float) -> str:
    """Seconds since 1970 as the APIs write times."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class ObjectTable:
    """Rows and bodies, kept in step."""

    def __init__(self, context: Context) -> None:
        self.store = context.store
        self.url = context.url
        self.bodies = Bodies(context.directory / "objects")
        self._last = 0
        self._numbers = threading.Lock()
        with self.store.transaction() as database:
            database.execute(
                "CREATE TABLE IF NOT EXISTS objects (bucket TEXT, name TEXT, generation INTEGER,"
                " state TEXT, body TEXT, value TEXT, PRIMARY KEY (bucket, name, generation))"
                " WITHOUT ROWID"
            )
        context.on_start(self._sweep)

    def _sweep(self) -> None:
        self.bodies.delete_others({row[0] for row in self.store.rows("SELECT body FROM objects")})

    def new_generation(self) -> int:
        """Microseconds since 1970, never the same twice."""
        with self._numbers:
            self._last = max(self._last + 1, time.time_ns() // 1000)
            return self._last

    def _select(self, where: str, values: tuple[object, ...]) -> list[Generation]:
        rows = self.store.rows(
            f"SELECT bucket, name, generation, state, body, value FROM objects WHERE {where}",  # noqa: S608 - no input in it
            values,
        )
        return [
            Generation(bucket, name, number, state, body, json.loads(value))
            for bucket, name, number, state, body, value in rows
        ]

    def find(self, bucket: str, name: str, generation: str | None = None) -> Generation | None:
        """The live generation, or the one of that number, live or noncurrent."""
        where, values = "bucket=? AND name=?", (bucket, name)
        if generation is None:
            found = self._select(f"{where} AND state='{LIVE}'", values)
        else:
            number = int(generation) if generation.isdigit() else -1
            found = self._select(
                f"{where} AND generation=? AND state<>'{SOFT_DELETED}'", (*values, number)
            )
        return found[0] if found else None

    def soft_deleted(self, bucket: str, name: str, generation: str) -> Generation | None:
        """A deleted generation that can still be restored."""
        number = int(generation) if generation.isdigit() else -1
        where = f"bucket=? AND name=? AND generation=? AND state='{SOFT_DELETED}'"
        found = self._select(where, (bucket, name, number))
        return found[0] if found else None

    def scan(
        self, bucket: str, *, start: str, end: str, states: tuple[str, ...], limit: int
    ) -> list[Generation]:
        """Generations with ``start`` <= name < ``end``, by name and age."""
        marks = ",".join("?" * len(states))
        return self._select(
            f"bucket=? AND name>=? AND name<? AND state IN ({marks})"
            " ORDER BY name, generation LIMIT ?",
            (bucket, start, end or _LAST, *states, limit),
        )

    def all_of(self, bucket: str) -> Iterator[Generation]:
        yield from self._select("bucket=? ORDER BY name, generation", (bucket,))

    def is_empty(self, bucket: str) -> bool:
        """Whether only soft-deleted objects are left, which do not keep a bucket."""
        statement = "SELECT 1 FROM objects WHERE bucket=? AND state<>? LIMIT 1"
        return not self.store.rows(statement, (bucket, SOFT_DELETED))

    def insert(self, bucket: Record, name: str, given: Record, blob: Blob) -> Generation:
        """Make ``blob`` the live generation; what was live becomes noncurrent or deleted.

        ``given`` has the fields of the resource a client may set.
        """
        number, moment = self.new_generation(), now()
        value: Record = {
            **given,
            "kind": "storage#object",
            "name": name,
            "bucket": bucket["name"],
            "generation": str(number),
            "metageneration": "1",
            "storageClass": given.get("storageClass", bucket["storageClass"]),
            "size": str(blob.size),
            "crc32c": blob.crc32c,
            "timeCreated": moment,
            "updated": moment,
            "timeStorageClassUpdated": moment,
            "timeFinalized": moment,
        }
        if blob.md5:
            value["md5Hash"] = blob.md5
        key = given.get("kmsKeyName") or bucket.get("encryption", {}).get("defaultKmsKeyName")
        if key:
            value["kmsKeyName"] = (
                key if "/cryptoKeyVersions/" in key else f"{key}/cryptoKeyVersions/1"
            )
        if bucket.get("defaultEventBasedHold"):
            value.setdefault("eventBasedHold", True)
        generation = Generation(bucket["name"], name, number, LIVE, blob.name, value)
        with self.store.transaction():
            previous = self.find(bucket["name"], name)
            released = self.retire(bucket, previous) if previous else None
            self.save(generation)
        self.bodies.delete([released] if released else [])
        return generation

    def save(self, item: Generation) -> None:
        """Write a row, new or not."""
        etag = f"{item.number}/{item.value['metageneration']}".encode()
        item.value["etag"] = base64.b64encode(etag).decode()
        with self.store.transaction() as database:
            database.execute(
                "INSERT OR REPLACE INTO objects VALUES (?,?,?,?,?,?)",
                (
                    item.bucket,
                    item.name,
                    item.number,
                    item.state,
                    item.body,
                    json.dumps(item.value, separators=(",", ":")),
                ),
            )

    def retire(self, bucket: Record, item: Generation, *, for_good: bool = False) -> str | None:
        """Take a generation out of use as the bucket says; a body to delete after the commit.

        Args:
            for_good: the generation was named, so versioning does not keep it.
        """
        moment = now()
        if bucket.get("versioning", {}).get("enabled") and not for_good and item.state == LIVE:
            item.state = NONCURRENT
            item.value["timeDeleted"] = moment
            self.save(item)
            return None
        keep = int(bucket.get("softDeletePolicy", {}).get("retentionDurationSeconds", 0))
        if keep:
            item.state = SOFT_DELETED
            item.value["softDeleteTime"] = moment
            item.value["hardDeleteTime"] = timestamp(time.time() + keep)
            self.save(item)
            return None
        self.drop(item)
        return item.body

    def drop(self, item: Generation) -> None:
        """Forget a row; the caller deletes the body once that is committed."""
        with self.store.transaction() as database:
            database.execute(
                "DELETE FROM objects WHERE bucket=? AND name=? AND generation=?",
                (item.bucket, item.name, item.number),
            )

    def forget_bucket(self, bucket: str) -> None:
        """Drop everything that is left of a bucket."""
        with self.store.transaction() as database:
            bodies = [item.body for item in self.all_of(bucket)]
            database.execute("DELETE FROM objects WHERE bucket=?", (bucket,))
        self.bodies.delete(bodies)

    def purge_expired(self) -> None:
        """Delete what was soft-deleted long enough ago."""
        moment = now()
        expired = [
            item
            for item in self._select("state=?", (SOFT_DELETED,))
            if item.value["hardDeleteTime"] < moment
        ]
        with self.store.transaction():
            for item in expired:
                self.drop(item)
        self.bodies.delete(item.body for item in expired)

    def resource(self, item: Generation) -> Record:
        """A generation as the API shows it."""
        from urllib.parse import quote

        path = f"b/{quote(item.bucket, safe='')}/o/{quote(item.name, safe='')}"
        media = f"{self.url}/download/storage/v1/{path}?generation={item.number}&alt=media"
        extra: dict[str, Any] = {
            "id": f"{item.bucket}/{item.name}/{item.number}",
            "selfLink": f"{self.url}/storage/v1/{path}",
            "mediaLink": media,
        }
        return {**item.value, **extra}
