"""What is deleted softly: kept under its name until it is purged, recovered or its time is over."""

import datetime as dt
from typing import Final

from sandbox.azure.context import Context
from sandbox.store import Record

_BELOW: Final = "_below"


class SoftDeleted:
    """Deleted resources of one type, by name."""

    def __init__(self, context: Context, collection: str) -> None:
        self._context = context
        self._collection = collection

    def keep(self, record: Record, below: list[Record], *, days: float) -> None:
        """Remember a resource that goes, with all that is in it."""
        moment = dt.datetime.now(dt.UTC)
        kept = {
            **record,
            _BELOW: below,
            "_deleted": moment.isoformat().replace("+00:00", "Z"),
            "_until": (moment + dt.timedelta(days=days)).isoformat().replace("+00:00", "Z"),
        }
        self._context.store.put(self._collection, self._key(record["name"]), kept)

    def find(self, name: str) -> Record | None:
        """The deleted resource of a name, unless its time is over."""
        found = self._context.store.get(self._collection, self._key(name))
        if found is not None and dt.datetime.fromisoformat(found["_until"]) < dt.datetime.now(
            dt.UTC
        ):
            self.purge(found)
            return None
        return found

    def all(self) -> list[Record]:
        return [record for _, record in self._context.store.find(self._collection)]

    def purge(self, record: Record) -> None:
        self._context.store.delete(self._collection, self._key(record["name"]))

    def recover(self, record: Record) -> None:
        """Put what was in the resource back; the resource itself is written by its request."""
        for inner in record[_BELOW]:
            self._context.resources.put(inner)
        self.purge(record)

    def _key(self, name: str) -> str:
        return name.lower()
