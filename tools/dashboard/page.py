"""The dashboard as one page that needs nothing else: no script, no network."""

import datetime as dt
import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tools.dashboard.overview import LATENCY, PERIOD_SECONDS, Alarm, Overview, Series, Window
from tools.summary import short_name

_WIDTH: Final = 300
_HEIGHT: Final = 64
_LINE: Final = "#2563eb"
_STYLE: Final = """
:root { color-scheme: light dark; --soft: #8884; --bad: #d32f2f; --good: #2e7d32 }
body { font: 15px/1.45 system-ui, sans-serif; margin: 1.5em; max-width: 90em }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(22em, 1fr)); gap: 1.2em }
section { border: 1px solid var(--soft); border-radius: .6em; padding: .2em 1.1em 1em }
dl { display: grid; grid-template-columns: auto 1fr; gap: .15em 1em; margin: .5em 0 }
dt { opacity: .65 } dd { margin: 0; overflow-wrap: anywhere } h3 { margin: 1em 0 .2em }
ul { list-style: none; padding: 0; margin: .2em 0 } li { margin: .15em 0 }
svg { width: 100%; height: auto } .axis { stroke: var(--soft) } text { fill: currentColor }
b { font-weight: 600 } .ok, .armed { color: var(--good) } .ringing, .trouble { color: var(--bad) }
small { opacity: .65 }
"""


def page(
    stack: str,
    columns: Mapping[str, tuple[Mapping[str, Any], Overview]],
    predictions: Mapping[str, Sequence[str]],
    window: Window,
    *,
    moment: float,
    every: int | None = None,
) -> str:
    """The page.

    columns: by cloud its part of the stack's outputs and what was found there.
    predictions: by cloud, a line for each way of asking.
    every: seconds after which the browser loads it again.
    """
    return "".join(_page(stack, columns, predictions, window, moment, every))


def _page(
    stack: str,
    columns: Mapping[str, tuple[Mapping[str, Any], Overview]],
    predictions: Mapping[str, Sequence[str]],
    window: Window,
    moment: float,
    every: int | None,
) -> Iterator[str]:
    taken = dt.datetime.fromtimestamp(moment, dt.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    title = html.escape(f"Trimaran, stack {stack}")
    yield f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>"
    yield "<meta name=viewport content='width=device-width'>"
    if every is not None:
        yield f"<meta http-equiv=refresh content={every}>"
    yield f"<style>{_STYLE}</style><h1>{title}</h1><p><small>{taken}</small></p><main>"
    for cloud, (outputs, found) in columns.items():
        yield f"<section><h2>{html.escape(cloud)}</h2>"
        yield from _facts(outputs, found.state, predictions.get(cloud, ()))
        for trouble in found.troubles:
            yield f"<p class=trouble>{html.escape(trouble)}</p>"
        for series in found.series:
            yield from _chart(series, window)
        yield from _alarms(found.alarms)
        yield "</section>"
    yield "</main></html>\n"


def _facts(outputs: Mapping[str, Any], state: str, predictions: Sequence[str]) -> Iterator[str]:
    evaluation = outputs.get("evaluation") or {}
    facts = {
        "endpoint": short_name(outputs),
        "state": state,
        "model": str(outputs.get("model_sha256", ""))[:12],
        "trained by": outputs.get("training_job", ""),
        "accuracy": f"{float(evaluation.get('accuracy', 0)):.3f} on the test split",
        "earlier releases": len(outputs.get("earlier_releases") or []),
        "region": outputs.get("region", ""),
    }
    yield "<dl>"
    for name, value in facts.items():
        yield f"<dt>{name}<dd>{html.escape(str(value))}"
    for line in predictions:
        yield f"<dt>prediction<dd>{html.escape(line)}"
    yield "</dl>"


def _chart(series: Series, window: Window) -> Iterator[str]:
    """A line over the window; without requests there is no latency, and the line has gaps."""
    moments = [
        window.start + index * PERIOD_SECONDS
        for index in range(int((window.end - window.start) // PERIOD_SECONDS))
    ]
    gaps = series.title == LATENCY
    values = [series.points.get(moment, None if gaps else 0.0) for moment in moments]
    known = [value for value in values if value is not None]
    top = max([*known, 1e-9])
    last = f"{known[-1]:,.4g}" if known else "none"
    yield f"<h3>{html.escape(series.title)}: <b>{last}</b></h3>"
    label = html.escape(f"{series.title}, highest {top:,.4g}", quote=True)
    yield f"<svg viewBox='0 0 {_WIDTH} {_HEIGHT}' role=img aria-label='{label}'>"
    yield f"<line class=axis x1=0 y1={_HEIGHT - 2} x2={_WIDTH} y2={_HEIGHT - 2} />"
    if known and max(known) > 0:
        yield f"<text x=0 y=8 font-size=9>{top:,.4g}</text>"
    for run in _runs(values):
        spots = [
            (index * _WIDTH / (len(values) - 1), _HEIGHT - 2 - value / top * (_HEIGHT - 14))
            for index, value in run
        ]
        if len(spots) == 1:
            yield f"<circle cx={spots[0][0]:.1f} cy={spots[0][1]:.1f} r=1.8 fill='{_LINE}' />"
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        # Attributes, not styles: printers and viewers of pictures know no others.
        yield f"<polyline points='{line}' fill=none stroke='{_LINE}' stroke-width=1.6 />"
    yield "</svg>"


def _runs(values: Sequence[float | None]) -> Iterator[list[tuple[int, float]]]:
    """The stretches of values that are there, with their places."""
    run: list[tuple[int, float]] = []
    for index, value in enumerate(values):
        if value is not None:
            run.append((index, value))
        elif run:
            yield run
            run = []
    if run:
        yield run


def _alarms(alarms: Sequence[Alarm]) -> Iterator[str]:
    yield "<h3>Alarms</h3><ul>"
    for alarm in alarms or (Alarm("none", "", "no data"),):
        state = html.escape(alarm.state)
        yield (
            f"<li><b class='{state}'>{state}</b> {html.escape(alarm.name)}"
            f"<br><small>{html.escape(alarm.about)}</small>"
        )
    yield "</ul>"
