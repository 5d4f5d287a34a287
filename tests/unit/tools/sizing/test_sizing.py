"""What a load needs, by hand, and when a stack is told that it has too much."""

import math
from typing import Any

import pytest

from catalogue import instances
from stacks.settings import Settings
from stacks.usage_settings import UsageSettings
from tools import paths
from tools.cost.prices import Prices
from tools.cost.report import platform_settings
from tools.sizing.advice import warnings
from tools.sizing.probe import probe
from tools.sizing.propose import Impossible, busy_share, fit, propose


def usage(**values: Any) -> UsageSettings:
    return UsageSettings(milliseconds_per_request=10, **values)


def test_a_slow_request_leaves_less_time_to_be_busy() -> None:
    assert busy_share(usage(latency_ms=1000)) == 0.7
    assert busy_share(usage(latency_ms=100)) == pytest.approx(1 - 10 * math.log(100) / 100)
    with pytest.raises(Impossible, match=r"more than usage\.latency_ms"):
        busy_share(usage(latency_ms=40))


def test_capacity_is_processes_times_what_each_takes() -> None:
    machine = instances("aws")["ml.m5.xlarge"]
    wanted = usage(latency_ms=1000, requests_per_second=600)
    found = fit("aws", machine, wanted, Prices(), "us-east-1", 1)
    assert found is not None
    assert found.capacity == pytest.approx(4 * 0.7 * 100)
    assert found.count == math.ceil(600 / 280)
    assert found.month == pytest.approx(3 * 0.23 * 730)


def test_memory_limits_the_processes() -> None:
    machine = instances("aws")["ml.m5.xlarge"]  # 16 GiB
    wanted = usage(latency_ms=1000, model_gb=7)
    found = fit("aws", machine, wanted, Prices(), "us-east-1", 1)
    assert found is not None
    assert (found.room, found.capacity) == (2, 140.0)
    assert fit("aws", machine, usage(model_gb=16), Prices(), "us-east-1", 1) is None


@pytest.mark.parametrize(
    ("cloud", "region", "smallest"),
    [
        ("aws", "us-east-1", "ml.m5.large"),
        ("gcp", "us-central1", "n1-standard-2"),
        ("azure", "eastus", "Standard_DS1_v2"),
    ],
)
def test_a_small_load_gets_the_cheapest_that_serves(cloud: Any, region: str, smallest: str) -> None:
    found = propose(cloud, usage(latency_ms=1000), Prices(), region)
    assert (found.fit.instance.type, found.fit.count) == (smallest, 1)
    assert "a request takes 10 ms of a processor (settings `usage`, or measured)" in found.reasons
    assert found.reasons[-1].startswith("cheapest of")


def test_a_large_model_gets_memory_and_a_region_without_prices_the_smallest() -> None:
    found = propose("aws", usage(latency_ms=1000, model_gb=12), Prices(), "us-east-1")
    assert found.fit.instance.type == "ml.m5.xlarge"
    found = propose("aws", usage(latency_ms=1000), Prices(), "eu-north-1")
    assert found.fit.month is None
    assert found.fit.instance.vcpus <= 2
    assert found.reasons[-1] == "smallest that carries it; no price is known in eu-north-1"
    with pytest.raises(Impossible, match="no instance of gcp has memory"):
        propose("gcp", usage(model_gb=1e6), Prices(), "us-central1")


def settings(type_: str, count: int, **load: Any) -> Settings:
    known = platform_settings("dev", paths.PROJECT)
    assert known.aws is not None
    serving = known.aws.serving.model_copy(
        update={"instance_type": type_, "instance_count": count, "autoscaling": None}
    )
    aws = known.aws.model_copy(update={"serving": serving})
    load = {"latency_ms": 1000, "milliseconds_per_request": 10, **load}
    return known.model_copy(
        update={"clouds": ("aws",), "aws": aws, "usage": known.usage.model_copy(update=load)}
    )


def test_too_much_is_told_with_what_would_do() -> None:
    (warning,) = warnings(settings("ml.m5.xlarge", 4, requests_per_second=100), Prices())
    # Two stay, so that one may fail.
    assert warning.startswith(
        "aws: 4 × ml.m5.xlarge is more than the assumed load needs: 2 × ml.m5.large carries it "
        "for 167.90 instead of 671.60 USD a month"
    )


def test_what_fits_is_left_alone() -> None:
    assert list(warnings(settings("ml.m5.large", 1, requests_per_second=100), Prices())) == []
    assert list(warnings(settings("ml.m5.large", 2, requests_per_second=100), Prices())) == []
    # An accelerator is no question of processors.
    assert list(warnings(settings("ml.g5.xlarge", 1), Prices())) == []
    # Without a price nobody knows which is dearer.
    assert list(warnings(settings("ml.m4.xlarge", 1), Prices())) == []


def test_too_little_is_told_as_well() -> None:
    (warning,) = warnings(settings("ml.m5.large", 1, requests_per_second=200), Prices())
    assert "1 × ml.m5.large carry 140 requests/s of those assumed: 2 of them would do" in warning
    (warning,) = warnings(settings("ml.m5.large", 1, model_gb=20), Prices())
    assert "ml.m5.large has no memory for the model" in warning


def test_a_probe_measures_one_request_after_the_other() -> None:
    now = [0.0]
    asked: list[float] = []

    def ask() -> None:
        asked.append(now[0])
        now[0] += 0.5 if len(asked) <= 2 else 0.010  # a cold start, which is not counted

    found = probe(ask, seconds=1, warm_up=2, clock=lambda: now[0])
    assert found.requests == pytest.approx(100, abs=1)
    assert (found.mean, found.p50, found.p99) == pytest.approx((10, 10, 10))
