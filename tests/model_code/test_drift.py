"""Divergence of histograms, windows of requests and what a captured line tells."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from captured_requests import read_line
from drift import BUCKETS, Buckets, Thresholds, Window, compare, divergence, metrics
from scipy.spatial.distance import jensenshannon

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("shift", [0.0, 0.5, 3.0, 50.0])
def test_the_divergence_is_scipys(shift: float) -> None:
    training, asked = RANDOM.normal(size=500), RANDOM.normal(loc=shift, size=200)
    buckets = Buckets.of(training)
    base, seen = buckets.count(training), buckets.count(asked)
    assert (base.sum(), seen.sum()) == (500, 200)
    expected = float(jensenshannon(base, seen, base=2)) ** 2
    assert divergence(base, seen) == pytest.approx(expected, abs=1e-12)
    assert divergence(seen, base) == pytest.approx(expected, abs=1e-12)


def test_the_divergence_goes_from_nothing_to_one() -> None:
    training = np.arange(100.0)
    buckets = Buckets.of(training)
    base = buckets.count(training)
    assert divergence(base, base) == 0
    assert divergence(base, buckets.count(training + 1000)) == 1


def test_the_buckets_are_numpys_with_one_on_either_side() -> None:
    training = RANDOM.uniform(-3, 9, size=400)
    counts = Buckets.of(training).count(np.concatenate([training, [-4.0, -1e308, 1e308]]))
    assert counts[1:-1].tolist() == np.histogram(training, bins=BUCKETS)[0].tolist()
    assert (counts[0], counts[-1]) == (2, 1)


@pytest.mark.parametrize("seed", range(8))
def test_a_value_on_an_edge_stays_there_though_rounding_moved_it(seed: int) -> None:
    random = np.random.default_rng(seed)
    # Every value is an edge of a bucket.
    raw = random.integers(0, 11, size=40) * random.choice([0.1, 0.3, 0.7]) + random.choice([0, 37])
    mean, std = raw.mean(), raw.std()
    read_back = (raw - mean) / std * std + mean
    buckets = Buckets.of(read_back)
    assert buckets.count(raw).tolist() == buckets.count(read_back).tolist()
    assert buckets.count(raw)[0] == buckets.count(raw)[-1] == 0


def test_a_wild_value_hides_no_drift() -> None:
    training = RANDOM.normal(size=500)
    buckets = Buckets.of(training)
    moved = np.append(training + 2, 1e12)
    assert divergence(buckets.count(training), buckets.count(moved)) > 0.3


def _window(rows: Any, *, hours_ago: int = 0) -> Window:
    end = NOON - hours_ago * HOUR
    buckets = {name: Buckets(0.0, 1.0) for name in ("a", "b")}
    window = Window(start=end - HOUR, end=end, buckets=buckets)
    if len(rows):
        window.add(np.asarray(rows, dtype=np.float64))
    return window


USUAL = [[number % 10, number % 7] for number in range(70)]
MOVED = [[number % 10, number % 2 + 8] for number in range(70)]
TRAINING = _window(USUAL).counts


def _report(rows: Any, before: Any = USUAL, **thresholds: float) -> dict[str, Any]:
    limits = Thresholds(**{"skew": 0.3, "drift": 0.3, **thresholds})
    return compare(
        training=TRAINING,
        before=_window(before, hours_ago=1),
        window=_window(rows),
        thresholds={"a": limits, "b": limits},
        min_rows=30,
    )


def test_requests_like_training_are_no_anomaly() -> None:
    report = _report(USUAL)
    assert (report["status"], report["anomalies"]) == ("compared", [])
    assert report["features"]["a"]["skew"]["divergence"] == 0


def test_what_moved_is_named_with_what_it_moved_from() -> None:
    assert _report(MOVED)["anomalies"] == ["skew of b", "drift of b"]
    assert _report(MOVED, before=MOVED)["anomalies"] == ["skew of b"]
    assert _report(USUAL, before=MOVED)["anomalies"] == ["drift of b"]
    assert _report(MOVED, skew=1.0)["anomalies"] == ["drift of b"]


def test_few_rows_are_not_compared_and_the_report_says_so() -> None:
    for rows, reason in (([], "no requests"), (MOVED[:29], "29 rows")):
        report = _report(rows)
        assert reason in report["status"]
        assert report["anomalies"] == []
        assert {item["MetricName"]: item["Value"] for item in metrics(report, "e")} == {
            "Rows": len(rows),
            "Malformed": 0,
        }
    # The window before had too few: skew is known, drift is not.
    assert _report(MOVED, before=[])["anomalies"] == ["skew of b"]


def test_metrics_are_told_per_feature() -> None:
    told = metrics(_report(MOVED), "shop")
    by_feature = {
        (item["MetricName"], item["Dimensions"][1]["Value"]): item["Value"]
        for item in told
        if len(item["Dimensions"]) == 2
    }
    assert by_feature.keys() == {(kind, name) for kind in ("Skew", "Drift") for name in "ab"}
    assert by_feature["Skew", "b"] > 0.3 > by_feature["Skew", "a"]
    assert {item["Dimensions"][0]["Value"] for item in told} == {"shop"}


def test_a_window_takes_its_end_and_not_its_start() -> None:
    window = _window([])
    assert window.takes(NOON)
    assert not window.takes(NOON - HOUR)


def _line(data: str, *, encoding: str = "JSON", kind: str = "application/json") -> bytes:
    asked = {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}
    about = {"eventId": "1", "inferenceTime": "2026-01-02T11:30:00Z"}
    return json.dumps({"captureData": {"endpointInput": asked}, "eventMetadata": about}).encode()


@pytest.mark.parametrize(
    "line",
    [
        _line("[[1, 2], [3, 4]]"),
        _line('{"instances": [{"b": 2, "a": 1}, {"a": 3, "b": 4}]}'),
        _line("1,2\n3,4\n", encoding="CSV", kind="text/csv"),
        _line(base64.b64encode(b"[[1,2],[3,4]]").decode(), encoding="BASE64"),
    ],
)
def test_a_captured_line_tells_time_and_rows(line: bytes) -> None:
    request = read_line(line, ["a", "b"])
    assert request.moment == NOON - HOUR / 2
    assert request.matrix is not None
    assert request.matrix.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    ("line", "has_time"),
    [
        (_line("[[1, 2, 3]]"), True),
        (_line('[["x", 2]]'), True),
        (_line("***", encoding="BASE64"), True),
        (_line("{"), True),
        (json.dumps({"eventMetadata": {"inferenceTime": "2026-01-02T11:30:00"}}).encode(), True),
        (_line("[[1, 2]]").replace(b"2026-01-02T11:30:00Z", b"yesterday"), False),
        (b'{"captureData": {"endpoi', False),
        (b"[]", False),
        (b"\xff\xfe", False),
        (b'{"captureData": {"endpointInput": {"data": 7, "encoding": "JSON"}}}', False),
    ],
)
def test_a_broken_line_is_told_apart_and_raises_nothing(line: bytes, has_time: bool) -> None:
    request = read_line(line, ["a", "b"])
    assert (request.moment is not None) is has_time
    if request.moment:
        assert request.moment == NOON - HOUR / 2
        assert request.matrix is None
