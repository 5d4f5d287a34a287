"""The dashboard's page: every cloud's column, whatever could be asked."""

import re

from tools.dashboard.overview import ERRORS, LATENCY, REQUESTS, Alarm, Overview, Series, Window
from tools.dashboard.page import page

WINDOW = Window.until(1_800_000_100)
OUTPUTS = {
    "endpoint_name": "projects/p/locations/l/endpoints/42",
    "model_sha256": "ab" * 32,
    "training_job": "job-1",
    "evaluation": {"accuracy": 0.96},
    "earlier_releases": [{}, {}],
    "region": "us-east-1",
}


def shown(found: Overview, **more: int) -> str:
    return page("dev", {"aws": (OUTPUTS, found)}, {"aws": ["<b>"]}, WINDOW, moment=0, **more)


def test_the_window_ends_with_the_period_that_runs() -> None:
    assert WINDOW.end % 300 == 0
    assert WINDOW.end - 300 <= 1_800_000_100 < WINDOW.end
    assert WINDOW.end - WINDOW.start == 3 * 3600


def test_what_serves_stands_at_the_top() -> None:
    text = shown(Overview(state="InService"))
    for part in (
        "<dd>42",
        "<dd>InService",
        "<dd>abababababab<",
        "0.960 on the test split",
        "<dd>2<",
    ):
        assert part in text, part
    assert "<dd>&lt;b&gt;" in text, "what clouds say is never markup"
    assert "http-equiv=refresh" not in text
    assert "<meta http-equiv=refresh content=5>" in shown(Overview(), every=5)


def test_counts_are_zero_where_nothing_was_asked_and_latencies_have_gaps() -> None:
    first, third = WINDOW.start, WINDOW.start + 600
    points = {first: 10.0, third: 20.0}
    text = shown(Overview(series=[Series(REQUESTS, points), Series(LATENCY, points)]))
    counts, latencies = re.findall(r"<svg.*?</svg>", text)
    (line,) = re.findall(r"points='([^']*)'", counts)
    assert len(line.split()) == 36
    assert len(re.findall(r"<polyline", latencies)) == 2
    assert len(re.findall(r"<circle", latencies)) == 2, "a single measurement is a dot"
    assert f"{REQUESTS}: <b>0</b>" in text
    assert f"{LATENCY}: <b>20</b>" in text


def test_an_endpoint_that_nobody_asked_has_charts_all_the_same() -> None:
    text = shown(Overview(series=[Series(ERRORS, {}), Series(LATENCY, {})]))
    assert f"{ERRORS}: <b>0</b>" in text
    assert f"{LATENCY}: <b>none</b>" in text


def test_alarms_show_their_state_and_troubles_hide_nothing() -> None:
    alarms = [Alarm("a-errors", "too many", "ringing"), Alarm("a-idle", "nobody asks", "ok")]
    text = shown(Overview(alarms=alarms, troubles=["metrics: no <right>"]))
    assert "<b class='ringing'>ringing</b> a-errors" in text
    assert "<b class='ok'>ok</b> a-idle" in text
    assert "<p class=trouble>metrics: no &lt;right&gt;" in text
