"""The AWS Price List query API, which answers to whoever is signed in to any account.

https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
"""

import json
import os
from collections.abc import Mapping
from typing import Any, Final

import boto3
import botocore.config
import botocore.exceptions

from tools.cost.prices import Unreachable

# The API is in few regions and tells the prices of all.
_REGION: Final = "us-east-1"
_COMPONENTS: Final = ("Hosting", "Training")


class AwsPrices:
    """Prices of SageMaker's instances; endpoints and training jobs pay the same."""

    def __init__(self, *, address: str | None = None, timeout_seconds: float = 3) -> None:
        self._address = address
        self._timeout = timeout_seconds
        self._opened: Any = None

    def __call__(self, item: str, region: str) -> Mapping[str, float]:
        """Prices an hour by way of purchase. Raises Unreachable."""
        service, _, kind = item.partition("/")
        if service != "sagemaker":
            return {}
        for component in _COMPONENTS:
            usd = self._on_demand(region, kind, component)
            if usd is not None:
                return {"on-demand": usd}
        return {}

    def _on_demand(self, region: str, kind: str, component: str) -> float | None:
        wanted = {"regionCode": region, "instanceName": kind, "component": component}
        filters = [
            {"Type": "TERM_MATCH", "Field": field, "Value": value}
            for field, value in wanted.items()
        ]
        try:
            answer = self._client().get_products(
                ServiceCode="AmazonSageMaker", Filters=filters, FormatVersion="aws_v1"
            )
        except botocore.exceptions.ClientError as error:
            code = error.response["Error"]["Code"]
            raise Unreachable(f"the Price List API refused ({code})") from None
        except botocore.exceptions.BotoCoreError as error:
            raise Unreachable(f"the Price List API ({type(error).__name__})") from None
        found = {price for text in answer["PriceList"] for price in _prices(json.loads(text))}
        # Several answers would be a question that says too little: no guess among them.
        return found.pop() if len(found) == 1 else None

    def _client(self) -> Any:
        if self._opened is None:
            if self._address is None and "AWS_ENDPOINT_URL" in os.environ:
                raise Unreachable("this shell's AWS is the sandbox")
            session = boto3.Session(region_name=_REGION)
            if session.get_credentials() is None:
                raise Unreachable("nobody is signed in")
            self._opened = session.client(
                "pricing",
                endpoint_url=self._address,
                config=botocore.config.Config(
                    connect_timeout=self._timeout,
                    read_timeout=self._timeout,
                    retries={"total_max_attempts": 1},
                ),
            )
        return self._opened


def _prices(product: Mapping[str, Any]) -> list[float]:
    return [
        float(dimension["pricePerUnit"]["USD"])
        for offer in product.get("terms", {}).get("OnDemand", {}).values()
        for dimension in offer["priceDimensions"].values()
        if dimension.get("unit") in ("Hrs", "hours", "Hours")
    ]
