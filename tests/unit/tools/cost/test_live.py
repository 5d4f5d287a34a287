"""The price APIs' modules against a local server that speaks the documented answers."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tools.cost import live
from tools.cost.live.aws import AwsPrices
from tools.cost.live.azure import AzurePrices
from tools.cost.live.gcp import GcpPrices, signed_in
from tools.cost.prices import Unreachable

Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]


class Stub:
    """A server on a free port whose answers a test gives."""

    def __init__(self) -> None:
        self.answer: Answer = lambda path, body: (500, {})
        self.asked: list[tuple[str, dict[str, Any]]] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length) or b"{}")
                stub.asked.append((self.path, body))
                status, content = stub.answer(self.path, body)
                data = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Stub()
    thread = threading.Thread(target=server.server.serve_forever)
    thread.start()
    yield server
    server.server.shutdown()
    thread.join()
    server.server.server_close()


def meter(**changes: Any) -> dict[str, Any]:
    return {
        "currencyCode": "USD",
        "retailPrice": 0.293,
        "armRegionName": "eastus",
        "productName": "Virtual Machines DSv2 Series",
        "skuName": "DS3 v2",
        "serviceName": "Virtual Machines",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "armSkuName": "Standard_DS3_v2",
    } | changes


def test_azure_tells_linux_spot_and_reservations_apart(stub: Stub) -> None:
    first = [
        meter(),
        meter(productName="Virtual Machines DSv2 Series Windows", retailPrice=9),
        meter(skuName="DS3 v2 Spot", retailPrice=0.03),
    ]
    second = [
        meter(skuName="DS3 v2 Low Priority", retailPrice=0.0586),
        meter(type="DevTestConsumption", retailPrice=8),
        meter(type="Reservation", reservationTerm="1 Year", retailPrice=1752.0),
        meter(type="Reservation", reservationTerm="3 Years", retailPrice=3000.0),
    ]

    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        if "page=2" in path:
            return 200, {"Items": second, "NextPageLink": None}
        return 200, {"Items": first, "NextPageLink": f"{stub.address}/?page=2"}

    stub.answer = answer
    found = AzurePrices(address=stub.address)("machine-learning/Standard_DS3_v2", "eastus")
    assert found == {"on-demand": 0.293, "spot": 0.0586, "reserved-1y": pytest.approx(0.2)}
    query = parse_qs(urlsplit(stub.asked[0][0]).query)
    assert query["$filter"][0].split(" and ") == [
        "serviceName eq 'Virtual Machines'",
        "armRegionName eq 'eastus'",
        "armSkuName eq 'Standard_DS3_v2'",
    ]


def product(usd: str, unit: str = "Hrs") -> str:
    dimension = {"unit": unit, "pricePerUnit": {"USD": usd}}
    terms = {"OnDemand": {"A.B": {"priceDimensions": {"A.B.C": dimension}}}}
    return json.dumps({"product": {"attributes": {}}, "terms": terms})


@pytest.fixture
def aws_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.mark.usefixtures("aws_login")
def test_aws_is_asked_for_one_instance_in_one_region(stub: Stub) -> None:
    stub.answer = lambda path, body: (
        200,
        {"FormatVersion": "aws_v1", "PriceList": [product("0.23")]},
    )
    found = AwsPrices(address=stub.address)("sagemaker/ml.m5.xlarge", "eu-west-1")
    assert found == {"on-demand": 0.23}
    asked = {one["Field"]: one["Value"] for one in stub.asked[0][1]["Filters"]}
    assert asked == {
        "regionCode": "eu-west-1",
        "instanceName": "ml.m5.xlarge",
        "component": "Hosting",
    }


@pytest.mark.usefixtures("aws_login")
def test_aws_types_that_only_train_and_answers_that_differ(stub: Stub) -> None:
    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        trains = {"Field": "component", "Value": "Training", "Type": "TERM_MATCH"} in body[
            "Filters"
        ]
        return 200, {"PriceList": [product("2.5")] if trains else []}

    stub.answer = answer
    assert AwsPrices(address=stub.address)("sagemaker/ml.trn1.2xlarge", "r") == {"on-demand": 2.5}
    stub.answer = lambda path, body: (200, {"PriceList": [product("1"), product("2")]})
    assert AwsPrices(address=stub.address)("sagemaker/ml.m5.large", "r") == {}


def sku(description: str, nanos: int, region: str = "us-central1") -> dict[str, Any]:
    rate = {"startUsageAmount": 0, "unitPrice": {"units": "0", "nanos": nanos}}
    expression = {"usageUnit": "h", "tieredRates": [rate]}
    return {
        "description": f"{description} Americas",
        "serviceRegions": [region],
        "pricingInfo": [{"pricingExpression": expression}],
    }


def test_gcp_puts_a_machine_together_from_cores_and_memory(stub: Stub) -> None:
    online = "Vertex AI: Online/Batch Prediction N1 Predefined Instance"
    pages = {
        "": {"skus": [sku(f"{online} Core running in", 36_000_000)], "nextPageToken": "more"},
        "more": {"skus": [sku(f"{online} Ram running in", 5_000_000)]},
    }

    def answer(path: str, body: dict[str, Any]) -> tuple[int, Any]:
        query = parse_qs(urlsplit(path).query, keep_blank_values=True)
        return 200, pages[query["pageToken"][0]]

    stub.answer = answer
    ask = GcpPrices(address=stub.address, token=lambda: "nobody")
    assert ask("vertex-prediction/n1-standard-4", "us-central1") == {
        "on-demand": pytest.approx(4 * 0.036 + 15 * 0.005)
    }
    # Neither another region's price nor half a machine's.
    assert ask("vertex-prediction/n1-standard-4", "europe-west4") == {}
    assert ask("vertex-training/n1-standard-4", "us-central1") == {}
    assert len(stub.asked) == 2


@pytest.mark.usefixtures("aws_login")
@pytest.mark.parametrize("status", [403, 500])
def test_refusals_are_out_of_reach_not_a_crash(stub: Stub, status: int) -> None:
    stub.answer = lambda path, body: (status, {"__type": "AccessDeniedException", "message": "no"})
    for ask, item in (
        (AwsPrices(address=stub.address), "sagemaker/ml.m5.large"),
        (AzurePrices(address=stub.address), "machine-learning/Standard_DS3_v2"),
        (GcpPrices(address=stub.address, token=lambda: "x"), "vertex-training/n1-standard-4"),
    ):
        with pytest.raises(Unreachable):
            ask(item, "somewhere")


def test_nobody_is_asked_in_the_sandboxs_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(Unreachable, match="sandbox"):
        AwsPrices()("sagemaker/ml.m5.large", "us-east-1")
    monkeypatch.setenv("TRIMARAN_LOCAL", "AWS_ENDPOINT_URL")
    with pytest.raises(Unreachable, match="sandbox"):
        signed_in()


def test_live_prices_can_be_switched_off() -> None:
    assert live.apis({live.SWITCH: "off"}) == {}
    assert set(live.apis({})) == {"aws", "gcp", "azure"}
