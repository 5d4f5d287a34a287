"""Prices: live where a cloud's price API answers, else the catalogue's dated table."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from catalogue import rows

Purchase = Literal["on-demand", "spot", "reserved-1y"]
Live = Callable[[str, str], Mapping[str, float]]
"""An item and a region to the prices by way of purchase; empty where the API has none.

Raises:
    Unreachable: when the API does not answer, so that it is not asked again.
"""


class Unreachable(Exception):
    """A price API that cannot be asked from here, and why."""


@dataclass(frozen=True, kw_only=True)
class Price:
    """A list price in USD for one unit.

    published: the date that its source gives; None where it gives none. Live prices: today.
    """

    usd: float
    unit: str
    source: str
    published: dt.date | None
    read: dt.date

    @property
    def is_live(self) -> bool:
        """Whether a cloud's API gave it."""
        return self.source == LIVE


LIVE: Final = "live"
_UNITS: Final = "hour"


@dataclass
class Prices:
    """Looks up prices, and remembers which APIs were out of reach and why."""

    live: Mapping[str, Live] = field(default_factory=dict)
    today: dt.date = field(default_factory=lambda: dt.datetime.now(dt.UTC).date())
    out_of_reach: dict[str, str] = field(default_factory=dict)
    used: set[Price] = field(default_factory=set)

    def find(self, cloud: str, region: str, item: str, purchase: Purchase) -> Price | None:
        """The price, or None where nobody has told it."""
        if not item:
            return None
        found = self._asked(cloud, region, item, purchase) or self._listed(
            cloud, region, item, purchase
        )
        if found is not None:
            self.used.add(found)
        return found

    def _asked(self, cloud: str, region: str, item: str, purchase: Purchase) -> Price | None:
        ask = self.live.get(cloud)
        if ask is None or cloud in self.out_of_reach:
            return None
        try:
            usd = ask(item, region).get(purchase)
        except Unreachable as reason:
            self.out_of_reach[cloud] = str(reason)
            return None
        if usd is None or usd <= 0:  # a zero is a price that is missing (free tiers, previews)
            return None
        return Price(usd=usd, unit=_UNITS, source=LIVE, published=self.today, read=self.today)

    def _listed(self, cloud: str, region: str, item: str, purchase: Purchase) -> Price | None:
        row = _table().get((cloud, region, item, purchase))
        if row is None:
            return None
        source = _sources()[row["source"]]
        published = source["published"]
        return Price(
            usd=float(row["usd"]),
            unit=row["unit"],
            source=row["source"],
            published=dt.date.fromisoformat(published) if published else None,
            read=dt.date.fromisoformat(source["read"]),
        )

    def apart(self) -> "Prices":
        """The same prices, with a memory of their own of what was used."""
        return Prices(live=self.live, today=self.today, out_of_reach=self.out_of_reach)

    def age(self) -> str:
        """How old the prices are that were used, for people."""
        listed = [price for price in self.used if not price.is_live]
        if not listed:
            return "live prices" if self.used else "no price was found"
        live = "live prices, and " if len(listed) < len(self.used) else ""
        dated = [price.published for price in listed if price.published]
        days = f", up to {(self.today - min(dated)).days} days old" if dated else ""
        undated = [price.read for price in listed if not price.published]
        some = f"; {len(undated)} without a date, read on {min(undated)}" if undated else ""
        return f"{live}list prices of catalogue/prices.csv{days}{some}"


@cache
def _table() -> Mapping[tuple[str, str, str, str], dict[str, str]]:
    return {
        (row["cloud"], row["region"], row["item"], row["purchase"]): row for row in rows("prices")
    }


@cache
def _sources() -> Mapping[str, dict[str, str]]:
    return {row["source"]: row for row in rows("sources")}
