"""Everything that Resource Manager keeps: one record for each resource, found by its id."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.azure.errors import not_found
from sandbox.azure.ids import GROUPS, ResourceId, parse
from sandbox.store import Record, Store

COLLECTION = "resources"


class Resources:
    """Resources by id, whatever its case.

    A record is the resource as the API shows it; what begins with ``_`` is the sandbox's own.
    """

    def __init__(self, store: Store) -> None:
        self.store = store

    def get(self, resource: ResourceId | str) -> Record | None:
        return self.store.get(COLLECTION, _key(resource))

    def require(self, resource: ResourceId | str) -> Record:
        """The record.

        Raises:
            ApiError: 404 with the words of Resource Manager.
        """
        found = self.get(resource)
        if found is None:
            raise missing(parse(resource) if isinstance(resource, str) else resource)
        return found

    def put(self, record: Record) -> None:
        """Write a record, new or not, under its ``id``."""
        self.store.put(COLLECTION, str(record["id"]).lower(), record)

    def drop(self, resource: ResourceId | str) -> None:
        """Forget one record and nothing below it."""
        self.store.delete(COLLECTION, _key(resource))

    @contextmanager
    def change(self, resource: ResourceId | str) -> Iterator[Record]:
        """A record to alter in place; written at the end.

        Raises:
            KeyError: there is none.
        """
        with self.store.change(COLLECTION, _key(resource)) as record:
            yield record

    def below(self, resource: ResourceId | str) -> list[Record]:
        """All that is in or about a resource, at any depth, by id."""
        return [record for _, record in self.store.find(COLLECTION, f"{_key(resource)}/")]

    def children(self, resource: ResourceId | str, kind: str) -> list[Record]:
        """What is one level below a resource and of a kind, e.g. ``jobs`` of a workspace."""
        prefix = f"{_key(resource)}/{kind.lower()}/"
        found = self.store.find(COLLECTION, prefix)
        return [record for key, record in found if "/" not in key.removeprefix(prefix)]

    def of_type(self, kind: str, scope: ResourceId | str = "") -> list[Record]:
        """All resources of a type such as ``Microsoft.Storage/storageAccounts`` in a scope."""
        prefix = f"{_key(scope)}/" if scope else ""
        found = self.store.find(COLLECTION, prefix)
        return [record for _, record in found if str(record["type"]).lower() == kind.lower()]


def _key(resource: ResourceId | str) -> str:
    return resource.key if isinstance(resource, ResourceId) else resource.rstrip("/").lower()


def visible(record: Record) -> Record:
    """A record without what only the sandbox needs."""
    return {key: value for key, value in record.items() if not key.startswith("_")}


def missing(resource: ResourceId) -> Exception:
    """404 for a resource or a resource group."""
    if resource.type == GROUPS:
        message = f"Resource group '{resource.name}' could not be found."
        return not_found(message, "ResourceGroupNotFound")
    shown = f"{resource.type}/{'/'.join(resource.names)}"
    if len(resource.names) == 1:
        shown = f"{resource.type}/{resource.name}"
    where = f" under resource group '{resource.group}'" if resource.group else ""
    return not_found(f"The Resource '{shown}'{where} was not found.")
