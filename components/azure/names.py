"""Names that no other customer of Azure may have, made the same way every time."""

import re

from components.naming import content_hash


def global_name(
    name: str, kind: str, subscription_id: str, region: str, *, limit: int, dash: str = ""
) -> str:
    """``name`` and ``kind``, then a hash of them, the subscription and the region.

    Deterministic, because these resources may have their old name again after they were deleted,
    and because clients keep the address. In lower case; letters and digits only, but for ``dash``
    between the parts.

    Raises:
        ValueError: when ``limit`` leaves no room.
    """
    digest = content_hash(
        {"name": name, "kind": kind, "subscription": subscription_id, "region": region}
    )[:8]
    room = limit - len(kind) - len(digest) - (len(dash) * 2 if kind else len(dash))
    if room < 1:
        raise ValueError(f"a name of at most {limit} characters has no room for {kind} and a hash")
    allowed = re.sub(r"[^a-z0-9]+", dash, name.lower())
    if kind:
        allowed = allowed.removesuffix(kind).rstrip("-")
    base = allowed[:room].rstrip("-")
    return dash.join(part for part in (base, kind, digest) if part)
