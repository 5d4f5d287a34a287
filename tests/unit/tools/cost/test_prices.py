"""Which price counts, and what is said of its age."""

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from tools.cost.live.cache import KEPT_SECONDS, Cache
from tools.cost.prices import Prices, Unreachable

TODAY = dt.date(2026, 11, 22)
M5 = ("aws", "us-east-1", "sagemaker/ml.m5.xlarge")


class Api:
    """A price API with one answer."""

    def __init__(self, prices: Mapping[str, float] | None) -> None:
        self.prices = prices
        self.asked: list[tuple[str, str]] = []

    def __call__(self, item: str, region: str) -> Mapping[str, float]:
        self.asked.append((item, region))
        if self.prices is None:
            raise Unreachable("no network")
        return self.prices


def test_a_live_price_is_preferred() -> None:
    prices = Prices(live={"aws": Api({"on-demand": 0.25})}, today=TODAY)
    found = prices.find(*M5, "on-demand")
    assert found is not None
    assert (found.usd, found.is_live) == (0.25, True)
    assert prices.age() == "live prices"


def test_an_api_that_does_not_answer_is_asked_once_and_told() -> None:
    api = Api(None)
    prices = Prices(live={"aws": api}, today=TODAY)
    for _ in range(3):
        found = prices.find(*M5, "on-demand")
        assert found is not None
        assert found.usd == 0.23
    assert len(api.asked) == 1
    assert prices.out_of_reach == {"aws": "no network"}
    assert prices.age() == "list prices of catalogue/prices.csv, up to 665 days old"


def test_a_zero_is_a_missing_price() -> None:
    prices = Prices(live={"aws": Api({"on-demand": 0.0})}, today=TODAY)
    found = prices.find(*M5, "on-demand")
    assert found is not None
    assert found.usd == 0.23


def test_what_is_nowhere_has_no_price() -> None:
    prices = Prices(today=TODAY)
    assert prices.find("aws", "us-east-1", "sagemaker/ml.m5.xlarge", "spot") is None
    assert prices.find("aws", "us-east-1", "", "on-demand") is None
    assert prices.age() == "no price was found"


def test_prices_without_a_date_say_so() -> None:
    prices = Prices(today=TODAY)
    prices.find("azure", "eastus", "machine-learning/Standard_DS3_v2", "on-demand")
    assert prices.age() == (
        "list prices of catalogue/prices.csv; 1 without a date, read on 2026-11-22"
    )


def test_an_answer_is_kept_for_a_day(tmp_path: Path) -> None:
    now = [1000.0]
    api = Api({"on-demand": 1.0})
    ask = Cache(tmp_path / "deep" / "prices.json", lambda: now[0]).wrap("aws", api)
    assert ask("a", "r") == ask("a", "r") == {"on-demand": 1.0}
    assert ask("b", "r") == {"on-demand": 1.0}
    assert api.asked == [("a", "r"), ("b", "r")]
    now[0] += KEPT_SECONDS
    ask("a", "r")
    assert len(api.asked) == 3


def test_a_broken_cache_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "prices.json"
    path.write_text("{half")
    ask = Cache(path).wrap("aws", Api({"on-demand": 2.0}))
    assert ask("a", "r") == {"on-demand": 2.0}
    (tmp_path / "file").touch()
    ask = Cache(tmp_path / "file" / "prices.json").wrap("aws", Api({"on-demand": 3.0}))
    assert ask("a", "r") == {"on-demand": 3.0}
