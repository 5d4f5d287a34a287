"""Requests counted by the minute."""

from sandbox.request_metrics import RequestMetrics, percentile


class Clock:
    now = 6000.0

    def __call__(self) -> float:
        return self.now


def test_requests_are_told_by_periods_with_their_classes_and_latencies() -> None:
    clock = Clock()
    metrics = RequestMetrics(clock)
    for moment, status, seconds in ((6000, 200, 0.01), (6050, 503, 0.02), (6100, 424, 0.03)):
        clock.now = moment
        metrics.add("e", status=status, seconds=seconds)
    minutes = metrics.periods("e", 6000, 6120, 60)
    assert {moment: minute.requests for moment, minute in minutes.items()} == {6000: 2, 6060: 1}
    (whole,) = metrics.periods("e", 6000, 6300, 300).values()
    assert (whole.requests, whole.errors("4xx", "5xx"), whole.errors("5xx")) == (3, 2, 1)
    assert percentile(whole.latencies, 99) == 30
    assert percentile(whole.latencies, 50) == 20
    assert metrics.periods("e", 6120, 7000, 60) == {}
    assert metrics.periods("other", 0, 9000, 60) == {}


def test_a_day_is_kept_and_a_busy_minute_is_sampled() -> None:
    clock = Clock()
    metrics = RequestMetrics(clock)
    for _ in range(5000):
        metrics.add("e", status=200, seconds=0.001)
    (minute,) = metrics.periods("e", 6000, 6060, 60).values()
    assert minute.requests == 5000
    assert len(minute.latencies) == 4096
    clock.now += 24 * 3600
    metrics.add("e", status=200, seconds=0.001)
    assert list(metrics.periods("e", 0, clock.now + 60, 60)) == [clock.now]
