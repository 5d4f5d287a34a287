"""From a preview's resources to lines of money, and to the question whether they fit the budget."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stacks.account_settings import AccountSettings
from stacks.settings import Settings
from stacks.usage_settings import UsageSettings
from tools.cost import aws, azure, gcp
from tools.cost.meter import UNKNOWN, Charge, Plan
from tools.cost.planned import Planned
from tools.cost.prices import Prices
from tools.sizing.advice import warnings

_CLOUDS: Final = {"aws": aws, "gcp": gcp, "azure": azure}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row of the table. Money in USD; None where there is no price.

    month:    what is expected in a month, runs counted as often as the settings assume.
    run:      what one run costs; None for what is no run.
    most:     a month with everything scaled out.
    spot:     what month would be on spot capacity; None where nothing of it could be.
    reserved: the same with a reservation of one year.
    """

    cloud: str
    component: str
    what: str
    month: float | None
    run: float | None = None
    most: float | None = None
    spot: float | None = None
    reserved: float | None = None
    is_run: bool = False
    on_spot: bool = False


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """All lines, and what could not be priced."""

    lines: Sequence[Line]
    budgets: Mapping[str, float]
    warnings: Sequence[str] = ()
    """Of instances that the assumed load does not need."""

    @property
    def clouds(self) -> tuple[str, ...]:
        """Those with a budget or with something that costs."""
        return tuple(dict.fromkeys((*self.budgets, *(line.cloud for line in self.lines))))

    def month(self, cloud: str) -> float:
        """A cloud's known cost of a month."""
        return sum(line.month or 0 for line in self.lines if line.cloud == cloud)

    def most(self, cloud: str) -> float:
        """The same with everything scaled out."""
        own = (line for line in self.lines if line.cloud == cloud)
        return sum((line.month or 0) if line.most is None else line.most for line in own)

    def unpriced(self, cloud: str) -> list[Line]:
        """Lines without a price."""
        return [line for line in self.lines if line.cloud == cloud and line.month is None]

    @property
    def over(self) -> dict[str, float]:
        """Clouds whose known cost exceeds their budget, and by how much."""
        return {
            cloud: self.month(cloud) - budget
            for cloud, budget in self.budgets.items()
            if self.month(cloud) > budget
        }


def usage_of(settings: Settings | AccountSettings) -> UsageSettings:
    """The use that a stack's settings assume; without a platform nothing is used."""
    return settings.usage if isinstance(settings, Settings) else UsageSettings()


def estimate(
    resources: Sequence[Planned], settings: Settings | AccountSettings, prices: Prices
) -> Estimate:
    """What ``resources`` cost under the use that ``settings`` assume."""
    platform = settings if isinstance(settings, Settings) else None
    sections = {cloud: getattr(settings, cloud) for cloud in settings.clouds}
    plan = Plan(
        resources=resources,
        usage=usage_of(settings),
        regions={cloud: section.region for cloud, section in sections.items()},
    )
    lines: list[Line] = []
    for cloud in settings.clouds:
        own = [resource for resource in resources if resource.cloud == cloud]
        lines += _merged([line for one in own for line in _lines(one, plan, prices)])
    return Estimate(
        lines=lines,
        budgets={cloud: section.spend.monthly_usd for cloud, section in sections.items()}
        if platform
        else {},
        warnings=tuple(warnings(platform, prices)) if platform else (),
    )


def _lines(resource: Planned, plan: Plan, prices: Prices) -> Iterator[Line]:
    rules = _CLOUDS[resource.cloud]
    meter = rules.METERS.get(resource.type)
    if meter is not None:
        for charge in meter(resource, plan):
            yield _priced(resource, charge, plan, prices)
    elif not resource.type.startswith(rules.FREE):
        token = resource.type.rpartition(":")[2]
        yield _priced(resource, Charge(item=UNKNOWN, what=token, quantity=1), plan, prices)


def _priced(resource: Planned, charge: Charge, plan: Plan, prices: Prices) -> Line:
    region = plan.regions[resource.cloud]
    runs = plan.usage.training_runs_per_month if charge.per == "run" else 1
    machine = charge.steady or charge.per == "run"
    plain = prices.find(resource.cloud, region, charge.item, "on-demand")
    spot = prices.find(resource.cloud, region, charge.item, "spot") if machine else None
    kept = (
        prices.find(resource.cloud, region, charge.item, "reserved-1y") if charge.steady else None
    )
    # A stack that buys spot pays its price where that is known, and never more than the other.
    paid = spot if charge.spot and spot is not None else plain
    price = charge.usd if paid is None else paid.usd
    once = None if price is None else price * charge.quantity
    most = charge.quantity if charge.most is None else charge.most
    return Line(
        cloud=resource.cloud,
        component=resource.component,
        what=charge.what + (" (spot)" if charge.spot else ""),
        month=None if once is None else once * runs,
        run=once if charge.per == "run" else None,
        most=None if price is None else price * most * runs,
        # Endpoints run on no spot capacity in any of the clouds.
        spot=None if spot is None or charge.steady else spot.usd * charge.quantity * runs,
        reserved=None if kept is None else kept.usd * charge.quantity,
        is_run=charge.per == "run",
        on_spot=charge.spot,
    )


def _merged(lines: Sequence[Line]) -> list[Line]:
    """Lines of the same thing as one, sorted by component; one without a price spoils the sum."""
    groups: dict[tuple[str, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.component, line.what), []).append(line)
    counts = Counter({key: len(found) for key, found in groups.items()})
    merged = []
    for key in sorted(groups):
        first, *_ = found = groups[key]
        shown = f"{counts[key]} × {first.what}" if _counted(first, counts[key]) else first.what
        merged.append(
            Line(
                cloud=first.cloud,
                component=first.component,
                what=shown,
                month=_sum(line.month for line in found),
                run=_sum(line.run for line in found) if first.is_run else None,
                most=_sum(line.most for line in found),
                spot=_sum(line.spot for line in found),
                reserved=_sum(line.reserved for line in found),
                is_run=first.is_run,
                on_spot=first.on_spot,
            )
        )
    return merged


def _counted(line: Line, count: int) -> bool:
    return count > 1 and not line.is_run and "," not in line.what and line.what != "logs"


def _sum(values: Iterator[float | None]) -> float | None:
    known = list(values)
    return None if any(value is None for value in known) else sum(v for v in known if v is not None)
