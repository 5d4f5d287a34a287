"""Which objects a transfer takes, and which it writes over."""

from datetime import UTC, datetime, timedelta

from sandbox.gcp.transfer.sources import Item
from sandbox.store import Record


def _duration(text: str) -> timedelta:
    return timedelta(seconds=float(text.removesuffix("s")))


def wanted(item: Item, conditions: Record) -> bool:
    """Whether an object fits the ObjectConditions."""
    included = conditions.get("includePrefixes")
    if included and not item.name.startswith(tuple(included)):
        return False
    if item.name.startswith(tuple(conditions.get("excludePrefixes", []))):
        return False
    age = datetime.now(UTC) - item.modified
    if "minTimeElapsedSinceLastModification" in conditions and age < _duration(
        conditions["minTimeElapsedSinceLastModification"]
    ):
        return False
    if "maxTimeElapsedSinceLastModification" in conditions and age > _duration(
        conditions["maxTimeElapsedSinceLastModification"]
    ):
        return False
    since, before = conditions.get("lastModifiedSince"), conditions.get("lastModifiedBefore")
    if since and item.modified < datetime.fromisoformat(since):
        return False
    return not (before and item.modified >= datetime.fromisoformat(before))


def overwrites(
    item: Item, existing: Record | None, source_etag: str | None, options: Record
) -> bool:
    """Whether an object is copied although, or because, one of its name is there.

    Args:
        existing: the sink's object.
        source_etag: the source's tag when ``existing`` was copied, if a transfer did that.
    """
    if existing is None:
        return True
    when = options.get("overwriteWhen") or "OVERWRITE_WHEN_UNSPECIFIED"
    if when == "NEVER":
        return False
    if when == "ALWAYS" or options.get("overwriteObjectsAlreadyExistingInSink"):
        return True
    if int(existing["size"]) != item.size:
        return True
    if item.md5 and existing.get("md5Hash"):
        return bool(item.md5 != existing["md5Hash"])
    return source_etag != item.etag
