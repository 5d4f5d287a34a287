"""Cloud Monitoring: alert policies, channels, dashboards and the like are recorded."""

from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError, invalid
from sandbox.gcp.recorded.collection import Collection
from sandbox.router import Request
from sandbox.store import Record

# A metric-absence condition reaches no further back in the cloud.
LONGEST_ABSENCE = 23.5 * 3600


def _check_policy(_: Record | None, new: Record) -> None:
    if not new.get("displayName") or not new.get("conditions"):
        raise invalid("An alert policy needs a displayName and at least one condition.")
    if new.get("combiner", "COMBINE_UNSPECIFIED") == "COMBINE_UNSPECIFIED":
        raise invalid("An alert policy needs a combiner.")
    for number, condition in enumerate(new["conditions"], 1):
        condition.setdefault("name", f"{new['name']}/conditions/{number}")
        absent = condition.get("conditionAbsent")
        if absent and float(str(absent.get("duration", "0s")).removesuffix("s")) > LONGEST_ABSENCE:
            raise invalid("The duration of a metric-absence condition is at most 23.5 hours.")


def _check_channel(_: Record | None, new: Record) -> None:
    if not new.get("type"):
        raise invalid("A notification channel needs a type.")
    if new["type"] == "email" and not new.get("labels", {}).get("email_address"):
        raise invalid("Channels of type email need the label email_address.")


def _check_dashboard(old: Record | None, new: Record) -> None:
    layouts = [name for name in new if name.endswith("Layout")]
    if not new.get("displayName") or len(layouts) != 1:
        raise invalid("A dashboard needs a displayName and exactly one layout.")
    if old is not None and new.get("etag") not in (None, old["etag"]):
        raise ApiError("ABORTED", "The dashboard was changed by another request.")
    new["etag"] = str(int(old["etag"]) + 1) if old else "1"


def _mutation(record: Record, _: Request) -> None:
    record["creationRecord"] = {"mutateTime": record.pop("createTime", None)}
    record.setdefault("enabled", True)


def install(context: Context) -> None:
    """What alerts and shows."""
    common = {"context": context, "version": "/v3", "parent": "projects/{project}"}
    Collection(
        **common,  # type: ignore[arg-type]
        name="alertPolicies",
        complete=_mutation,
        check=_check_policy,
        times=("createTime", None),
    )
    Collection(
        **common,  # type: ignore[arg-type]
        name="notificationChannels",
        complete=_mutation,
        check=_check_channel,
        times=("createTime", None),
    )
    Collection(**common, name="uptimeCheckConfigs", times=(None, None))  # type: ignore[arg-type]
    Collection(
        context=context,
        version="/v1",
        parent="projects/{project}",
        name="dashboards",
        by_number=True,
        check=_check_dashboard,
        times=(None, None),
    )
