"""The estimate as people read it: on a terminal, or as Markdown for a pull request."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table

from stacks.usage_settings import UsageSettings
from tools.cost.estimate import Estimate, Line
from tools.cost.prices import Prices

NO_PRICE: Final = "no price"
_COLUMNS: Final = ("component", "what", "a month", "a run", "scaled out", "on spot", "reserved")


def terminal(estimate: Estimate, usage: UsageSettings, prices: Prices) -> RenderableType:
    """One table a cloud, with a total, and the notes below."""
    parts: list[RenderableType] = []
    for cloud in estimate.clouds:
        table = Table(title=f"{cloud}, USD", title_justify="left", box=box.SIMPLE_HEAD)
        rows = [*_rows(estimate, cloud), _total(estimate, cloud)]
        # Columns without a figure only take room from the others.
        shown = [index for index in range(len(_COLUMNS)) if any(row[index] for row in rows)]
        for index in shown:
            left = index < 2
            table.add_column(
                _COLUMNS[index],
                justify="left" if left else "right",
                no_wrap=not left,
                min_width=20 if index == 1 else None,
            )
        for row in rows[:-1]:
            table.add_row(*(row[index] for index in shown))
        table.add_section()
        table.add_row(*(rows[-1][index] for index in shown), style="bold")
        parts.append(table)
    return Group(*parts, *notes(estimate, usage, prices))


def markdown(stack: str, estimate: Estimate, usage: UsageSettings, prices: Prices) -> str:
    """The same as Markdown."""
    text = [f"### Cost of stack `{stack}`", ""]
    for cloud in estimate.clouds:
        text.append(f"| **{cloud}** | what | {' | '.join(_COLUMNS[2:])} |")
        text.append("|---|---|" + "--:|" * len(_COLUMNS[2:]))
        text += [f"| {' | '.join(row)} |" for row in _rows(estimate, cloud)]
        bold = [f"**{cell}**" if cell else "" for cell in _total(estimate, cloud)]
        text += [f"| {' | '.join(bold)} |", ""]
    text += [f"- {note}" for note in notes(estimate, usage, prices)]
    return "\n".join(text) + "\n"


def notes(estimate: Estimate, usage: UsageSettings, prices: Prices) -> Iterator[str]:
    """What one has to know to read the figures."""
    yield (
        f"Assumed: {usage.training_runs_per_month:g} runs a month, "
        f"{usage.prep_minutes:g} min of preparation and {usage.training_minutes:g} min of training "
        f"each, {usage.storage_gb:g} GB kept, {usage.log_gb_per_month:g} GB of logs a month "
        "(settings `usage`). Without requests, traffic, taxes and free tiers. What runs on spot "
        "capacity counts at the full price where no spot price is known."
    )
    if any(line.what.startswith("committed") for line in estimate.lines):
        yield (
            "Committed cost is paid whether it is used or not; what it covers stands beside it at "
            "the full price: the totals are upper bounds."
        )
    yield f"Prices: {prices.age()}."
    for warning in estimate.warnings:
        yield f"Warning: {warning}."
    for cloud, reason in prices.out_of_reach.items():
        yield f"No live prices of {cloud}: {reason}."
    for cloud in estimate.clouds:
        if without := estimate.unpriced(cloud):
            names = ", ".join(f"{line.what} ({line.component})" for line in without)
            yield f"{cloud}, in no total because no price is known: {names}."


def verdicts(estimate: Estimate) -> Iterator[str]:
    """A sentence for each cloud that exceeds its budget."""
    for cloud, excess in estimate.over.items():
        costly = max(
            (line for line in estimate.lines if line.cloud == cloud),
            key=lambda line: line.month or 0,
        )
        yield (
            f"{cloud} is expected to cost {_money(estimate.month(cloud))} USD a month, "
            f"{_money(excess)} above the budget {cloud}.spend.monthly_usd of "
            f"{_money(estimate.budgets[cloud])}; most of it is {costly.what} "
            f"({costly.component}, {_money(costly.month)})"
        )


def _rows(estimate: Estimate, cloud: str) -> Iterator[tuple[str, ...]]:
    for line in estimate.lines:
        if line.cloud == cloud:
            yield (line.component, line.what, *_figures(line))


def _figures(line: Line) -> Iterable[str]:
    if line.month is None:
        run = NO_PRICE if line.is_run else ""
        return (NO_PRICE, run, "", "", "")
    scaled = line.most if line.most != line.month else None
    wanted = NO_PRICE if line.is_run else ""
    kept = NO_PRICE if line.what.startswith("endpoint") else ""
    return (
        _money(line.month),
        _money(line.run),
        _money(scaled),
        _money(line.spot) or wanted,
        _money(line.reserved) or kept,
    )


def _total(estimate: Estimate, cloud: str) -> tuple[str, ...]:
    month, most = estimate.month(cloud), estimate.most(cloud)
    partial = " at least" if estimate.unpriced(cloud) else ""
    return (
        f"total{partial}",
        f"budget {_money(estimate.budgets[cloud])}" if cloud in estimate.budgets else "no budget",
        _money(month),
        "",
        _money(most) if most != month else "",
        "",
        "",
    )


def _money(usd: float | None) -> str:
    if usd is None:
        return ""
    return f"{usd:,.2f}" if usd >= 0.01 or usd == 0 else "< 0.01"
