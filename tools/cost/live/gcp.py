"""The Google Cloud Billing Catalog, which answers to whoever is signed in to any project.

https://cloud.google.com/billing/docs/reference/rest/v1/services.skus/list
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import httpx

from catalogue import instances
from tools.cost.prices import Unreachable

ADDRESS: Final = "https://cloudbilling.googleapis.com"
_VERTEX_AI: Final = "services/C7E2-9256-1C43"
_SCOPE: Final = "https://www.googleapis.com/auth/cloud-billing.readonly"
# A machine has no price of its own: it is billed by core and by GB of memory, and training adds a
# fee on both. Beginnings of the SKUs' descriptions, behind which the region's name follows.
_PARTS: Final = {
    ("vertex-training", "n1"): (
        (
            "Vertex AI: Training/Pipelines on N1 Predefined Instance Core running in",
            "Vertex AI: Training/Pipelines Management fee on N1 Instance Core in",
        ),
        (
            "Vertex AI: Training/Pipelines on N1 Predefined Instance Ram running in",
            "Vertex AI: Training/Pipelines Management fee on N1 Instance RAM in",
        ),
    ),
    ("vertex-training", "e2"): (
        (
            "Vertex AI: Training/Pipelines on E2 Instance Core running in",
            "Vertex AI: Training/Pipelines Management fee on E2 Instance Core in",
        ),
        (
            "Vertex AI: Training/Pipelines on E2 Instance Ram running in",
            "Vertex AI: Training/Pipelines Management fee on E2 Instance RAM in",
        ),
    ),
    ("vertex-prediction", "n1"): (
        ("Vertex AI: Online/Batch Prediction N1 Predefined Instance Core running in",),
        ("Vertex AI: Online/Batch Prediction N1 Predefined Instance Ram running in",),
    ),
}


class GcpPrices:
    """Prices of Vertex AI's machines without accelerators, put together from their parts."""

    def __init__(
        self,
        *,
        address: str = ADDRESS,
        timeout_seconds: float = 3,
        token: Callable[[], str] | None = None,
    ) -> None:
        self._address = address
        self._timeout = timeout_seconds
        self._token = token or signed_in
        self._skus: list[Mapping[str, Any]] | None = None

    def __call__(self, item: str, region: str) -> Mapping[str, float]:
        """Prices an hour by way of purchase. Raises Unreachable."""
        service, _, kind = item.partition("/")
        machine = instances("gcp").get(kind)
        parts = _PARTS.get((service, kind.partition("-")[0]))
        if machine is None or parts is None:
            return {}
        cores, memory = (
            [self._price(beginning, region) for beginning in beginnings] for beginnings in parts
        )
        known = [price for price in (*cores, *memory) if price is not None]
        if len(known) < len(cores) + len(memory):
            return {}  # half a machine's price would be worse than none
        by_core, by_gib = sum(known[: len(cores)]), sum(known[len(cores) :])
        return {"on-demand": by_core * machine.vcpus + by_gib * machine.memory_gib}

    def _price(self, beginning: str, region: str) -> float | None:
        found = {
            price
            for sku in self._all()
            if sku["description"].startswith(beginning) and region in sku["serviceRegions"]
            for price in _unit_prices(sku)
        }
        return found.pop() if len(found) == 1 else None

    def _all(self) -> list[Mapping[str, Any]]:
        if self._skus is None:
            self._skus = list(self._pages(self._token()))
        return self._skus

    def _pages(self, token: str) -> Iterator[Mapping[str, Any]]:
        following = ""
        try:
            while True:
                answer = httpx.get(
                    f"{self._address}/v1/{_VERTEX_AI}/skus",
                    params={"currencyCode": "USD", "pageSize": "5000", "pageToken": following},
                    headers={"Authorization": f"Bearer {token}"},
                    timeout=self._timeout,
                )
                answer.raise_for_status()
                page = answer.json()
                yield from page.get("skus", ())
                following = page.get("nextPageToken", "")
                if not following:
                    return
        except (httpx.HTTPError, ValueError) as error:
            raise Unreachable(f"{self._address} ({type(error).__name__})") from None


def _unit_prices(sku: Mapping[str, Any]) -> Iterator[float]:
    for info in sku.get("pricingInfo", ()):
        for rate in info["pricingExpression"]["tieredRates"]:
            price = rate["unitPrice"]
            usd = int(price.get("units") or 0) + int(price.get("nanos") or 0) / 1e9
            if usd > 0:
                yield usd


def signed_in() -> str:
    """An access token of the person's own login. Raises Unreachable without one.

    Where no login is in sight nothing is tried: google-auth would ask the metadata server.
    """
    if os.environ.get("TRIMARAN_LOCAL"):
        raise Unreachable("this shell's login is the sandbox's")
    own = os.environ.get("GOOGLE_APPLICATION_CREDENTIALS")
    directory = os.environ.get("CLOUDSDK_CONFIG") or Path.home() / ".config" / "gcloud"
    if not Path(own or Path(directory) / "application_default_credentials.json").is_file():
        raise Unreachable("nobody is signed in")
    import google.auth
    import google.auth.exceptions
    import google.auth.transport.requests

    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
        credentials.refresh(google.auth.transport.requests.Request())  # type: ignore[no-untyped-call]
    except google.auth.exceptions.GoogleAuthError as error:
        raise Unreachable(f"signing in failed ({type(error).__name__})") from None
    return str(credentials.token)
