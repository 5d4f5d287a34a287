"""Whether what the stack costs fits its budget: the figures of `make preview`."""

from collections.abc import Iterator

from tools.cost import live
from tools.cost.estimate import Estimate, estimate
from tools.cost.prices import Prices
from tools.cost.table import verdicts
from tools.doctor.case import Case
from tools.doctor.finding import Finding, fail, ok, warn


def check(case: Case, cloud: str, prices: Prices | None = None) -> Iterator[Finding]:
    """A cloud's month against its budget. The sandbox is charged for nothing."""
    place = f"{case.file}: {cloud}.spend.monthly_usd"
    if case.plan is None:
        yield warn("the cost is not known", place, f"make preview STACK={case.stack}")
        return
    found = estimate(case.plan, case.settings, prices or Prices(live=live.apis()))
    month, budget = found.month(cloud), found.budgets[cloud]
    if cloud in found.over:
        (text,) = (one for one in verdicts(found) if one.startswith(f"{cloud} "))
        told = warn if case.stack == "local" else fail
        yield told(text, place, "take less, or raise the budget")
    else:
        yield ok(f"{month:,.2f} USD a month of {budget:,.2f}{_unpriced(found, cloud)}", place)


def _unpriced(found: Estimate, cloud: str) -> str:
    without = {line.what for line in found.unpriced(cloud)}
    return f", without a price: {', '.join(sorted(without))}" if without else ""
