"""Security Command Center's management of rules: recorded; nothing is looked at.

https://cloud.google.com/security-command-center/docs/reference/security-center-management/rest
"""

from sandbox.gcp.context import Context
from sandbox.gcp.errors import invalid
from sandbox.gcp.recorded.collection import Collection
from sandbox.router import Request
from sandbox.store import Record

_MOST_TYPES = 5


def _check(_: Record | None, new: Record) -> None:
    config = new.get("customConfig") or {}
    for name in ("predicate", "resourceSelector", "severity", "recommendation"):
        if not config.get(name):
            raise invalid(f"A custom module needs customConfig.{name}.")
    if not 0 < len(config["resourceSelector"].get("resourceTypes") or ()) <= _MOST_TYPES:
        raise invalid(f"A custom module looks at 1 to {_MOST_TYPES} resource types.")


def _complete(record: Record, _: Request) -> None:
    record.setdefault("enablementState", "ENABLED")
    record["lastEditor"] = "sandbox"


def install(context: Context) -> None:
    """Custom modules of Security Health Analytics."""
    Collection(
        context=context,
        version="/v1",
        parent="projects/{project}/locations/{location}",
        name="securityHealthAnalyticsCustomModules",
        complete=_complete,
        check=_check,
        immutable=("displayName",),
        times=(None, "updateTime"),
    )
