"""Pages of a listing."""

from typing import Any, TypeVar

T = TypeVar("T")


def page(items: list[T], params: dict[str, Any], *, limit: int) -> tuple[list[T], str | None]:
    """One page of a listing and the token for the next; tokens are positions."""
    first = int(params.get("NextToken") or 0)
    last = first + int(params.get("MaxResults") or limit)
    return items[first:last], str(last) if last < len(items) else None
