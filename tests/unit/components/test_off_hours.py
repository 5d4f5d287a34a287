"""The spans of a week become the moments at which they begin and end."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from components.azure.time_zones import windows_name
from components.off_hours import DAYS, OffHours

WEEKDAYS = DAYS[:5]
NIGHT = (20 * 60, 6 * 60)


def moments(**spans: Any) -> list[tuple[str, tuple[str, ...]]]:
    hours = OffHours(timezone="UTC", **spans)
    return [(change.name, tuple(change.days)) for change in hours.changes]


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ({"night": NIGHT, "weekend": False}, [("off-2000", DAYS), ("on-0600", DAYS)]),
        # From Friday evening to Monday morning nothing begins or ends.
        ({"night": NIGHT, "weekend": True}, [("off-2000", WEEKDAYS), ("on-0600", WEEKDAYS)]),
        (
            {"night": None, "weekend": True},
            [("off-0000", ("Saturday",)), ("on-0000", ("Monday",))],
        ),
        ({"night": (0, 5 * 60 + 30), "weekend": False}, [("off-0000", DAYS), ("on-0530", DAYS)]),
        (
            {"night": (60, 6 * 60), "weekend": True},
            [
                ("off-0000", ("Saturday",)),
                ("off-0100", WEEKDAYS),
                ("on-0000", ("Monday",)),
                ("on-0600", WEEKDAYS),
            ],
        ),
    ],
)
def test_off_hours_begin_and_end_once(
    spans: dict[str, Any], expected: list[tuple[str, tuple[str, ...]]]
) -> None:
    assert moments(**spans) == expected


def test_azure_has_other_names_for_the_same_zones() -> None:
    assert windows_name("Europe/Berlin") == "W. Europe Standard Time"
    assert windows_name("UTC") == "UTC"
    ZoneInfo("America/Port-au-Prince")
    with pytest.raises(ValueError, match=r"Port-au-Prince.*such as America/"):
        windows_name("America/Port-au-Prince")
