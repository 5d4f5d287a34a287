"""The Azure Retail Prices API, which anybody may ask.

https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

from tools.cost.prices import Unreachable

ADDRESS: Final = "https://prices.azure.com/api/retail/prices"
_HOURS_A_YEAR: Final = 8760
_MOST_PAGES: Final = 10


class AzurePrices:
    """Prices of virtual machines, which are those of Azure ML."""

    def __init__(self, *, address: str = ADDRESS, timeout_seconds: float = 3) -> None:
        self._address = address
        self._timeout = timeout_seconds

    def __call__(self, item: str, region: str) -> Mapping[str, float]:
        """Prices an hour by way of purchase. Raises Unreachable."""
        service, _, size = item.partition("/")
        if service != "machine-learning":
            return {}
        question = (
            "serviceName eq 'Virtual Machines' "
            f"and armRegionName eq '{region}' and armSkuName eq '{size}'"
        )
        prices: dict[str, float] = {}
        for meter in self._meters(question):
            purchase = _purchase(meter)
            if purchase is not None:
                usd = float(meter["retailPrice"])
                prices[purchase] = usd / _HOURS_A_YEAR if purchase == "reserved-1y" else usd
        return prices

    def _meters(self, question: str) -> Iterator[Mapping[str, Any]]:
        following = httpx.URL(
            self._address,
            # Values are compared letter by letter since this version.
            params={"api-version": "2023-01-01-preview", "$filter": question},
        )
        try:
            for _ in range(_MOST_PAGES):
                answer = httpx.get(following, timeout=self._timeout)
                answer.raise_for_status()
                page = answer.json()
                yield from page["Items"]
                if not page.get("NextPageLink"):
                    return
                following = httpx.URL(page["NextPageLink"])
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError) as error:
            raise Unreachable(f"{self._address} did not answer ({type(error).__name__})") from None


def _purchase(meter: Mapping[str, Any]) -> str | None:
    """What a meter is the price of, for machines with Linux by the hour; None for others."""
    if "Windows" in meter.get("productName", "") or meter.get("currencyCode") != "USD":
        return None
    if meter.get("type") == "Reservation":
        return "reserved-1y" if meter.get("reservationTerm") == "1 Year" else None
    if meter.get("type") != "Consumption" or meter.get("unitOfMeasure") != "1 Hour":
        return None
    name = meter.get("skuName", "")
    if name.endswith("Low Priority"):
        return "spot"  # what Azure ML takes for machines of low priority
    return None if name.endswith("Spot") else "on-demand"
