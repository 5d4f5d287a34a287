"""Azure's APIs as the handlers use them: where they are, who asks, and what they refuse."""

from typing import Any

import pytest

from components.azure.runs import cloud
from components.azure.runs.cloud import PUBLIC_CLOUD, call, endpoints, forget_clients
from components.azure.runs.errors import ApiError, explained
from components.azure.runs.operations import change
from components.runs.polling import Polling
from plugin.handler import OperationInterruptedError, ResourceFailedError
from tests.unit.components.runs.azure_wire import Answer, AzureWire, refusal
from tests.unit.components.runs.conftest import RecordingContext

THING = "/subscriptions/s/resourceGroups/g/providers/p/things/t"


def test_endpoints_follow_the_variable_of_the_provider(
    azure: AzureWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = endpoints()
    assert found.resource_manager == f"https://{azure.host}"
    assert (found.audience, found.login) == ("https://arm.test", "https://login.test")
    forget_clients()
    monkeypatch.delenv("ARM_METADATA_HOSTNAME")
    assert endpoints() is PUBLIC_CLOUD


def test_requests_carry_the_identitys_token_and_the_services_version(azure: AzureWire) -> None:
    azure.answers["GET", THING] = {"id": THING}
    assert call("GET", THING) == {"id": THING}
    (asked,) = azure.asked
    assert asked.headers["authorization"] == "Bearer token for https://arm.test"
    assert asked.query == {"api-version": cloud.ML_API_VERSION}


def test_the_providers_client_secret_goes_before_the_identity_of_the_machine(
    azure: AzureWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[Any, ...]] = []

    class Secret:
        def __init__(self, *arguments: str, authority: str) -> None:
            made.append((*arguments, authority))

    monkeypatch.setattr("azure.identity.ClientSecretCredential", Secret)
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.setenv(f"ARM_{name}", name)
    assert isinstance(cloud.credential(), Secret)
    assert made == [("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "https://login.test")]


def test_throttled_requests_are_repeated_whatever_they_ask(azure: AzureWire) -> None:
    slow = refusal(429, "TooManyRequests", "slow down")
    throttled = Answer(slow.body, 429, {"Retry-After": "0.01"})
    azure.answers["POST", "/go"] = [throttled, throttled, {"done": "yes"}]
    assert call("POST", f"{THING}/go") == {"done": "yes"}
    assert len(azure.asked) == 3


def test_a_refusal_is_told_with_its_details_and_without_repeating_itself(azure: AzureWire) -> None:
    azure.answers["GET", THING] = refusal(
        400, "ValidationError", "The request is bad: wrong size.", "wrong size", "no such zone"
    )
    with pytest.raises(ResourceFailedError) as failure, explained("thing t"):
        call("GET", THING)
    assert str(failure.value) == (
        "thing t: ValidationError: The request is bad: wrong size; no such zone."
    )


@pytest.mark.parametrize(
    ("status", "code", "message", "told"),
    [
        (400, "QuotaExceeded", "Cores needed: 8", "quota is used up: ask for more"),
        (400, "BadRequest", "Not enough quota for Standard_DS3_v2", "quota is used up"),
        (400, "OutOfCapacity", "no machines", "Choose another VM size or region"),
        (403, "AuthorizationFailed", "no", "Grant the identity that runs Pulumi"),
        (401, "ExpiredAuthenticationToken", "old", "az login"),
    ],
)
def test_a_refusal_comes_with_its_remedy(
    azure: AzureWire, status: int, code: str, message: str, told: str
) -> None:
    azure.answers["GET", THING] = refusal(status, code, message)
    with pytest.raises(ResourceFailedError, match=told), explained("thing"):
        call("GET", THING)


def test_a_missing_sign_in_is_told_with_the_command(
    azure: AzureWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "another")
    monkeypatch.setenv("PATH", "")  # no az, no azd, no PowerShell
    with pytest.raises(ResourceFailedError, match="az login"), explained("thing"):
        call("GET", THING)


def test_a_cloud_that_is_not_there_is_told_with_the_variable(
    azure: AzureWire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARM_METADATA_HOSTNAME", "127.0.0.1:1")
    with pytest.raises(ResourceFailedError, match="ARM_METADATA_HOSTNAME"), explained("thing"):
        call("GET", THING)


def polling(context: RecordingContext) -> Polling:
    return Polling(context, "thing", limit=60)


ASYNC = {"Azure-AsyncOperation": "https://HOST/operations/1?v=1", "Retry-After": "7"}


def test_an_operation_is_followed_to_its_end_at_the_services_pace(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["PUT", THING] = Answer({}, 201, ASYNC)
    azure.answers["GET", "/operations/1"] = [{"status": "Running"}, {"status": "Succeeded"}]
    change(polling(context), "PUT", THING, body={"a": 1}, doing="making")
    assert context.pauses == [7.0]
    assert azure.requests("PUT")[0].body == {"a": 1}


def test_a_failed_operation_says_why(azure: AzureWire, context: RecordingContext) -> None:
    error = {"code": "NotEnoughQuota", "message": "not enough quota"}
    azure.answers["PUT", THING] = Answer({}, 202, ASYNC)
    azure.answers["GET", "/operations/1"] = {"status": "Failed", "error": error}
    with pytest.raises(ApiError, match="not enough quota") as failure:
        change(polling(context), "PUT", THING, body={}, doing="making")
    assert failure.value.code == "NotEnoughQuota"


def test_an_operation_behind_a_location_ends_with_its_answer(
    azure: AzureWire, context: RecordingContext
) -> None:
    azure.answers["POST", "/go"] = Answer(None, 202, {"Location": "https://HOST/later"})
    azure.answers["GET", "/later"] = [Answer(None, 202), {"id": "it"}]
    assert change(polling(context), "POST", f"{THING}/go", doing="going") == {"id": "it"}
    assert len(context.pauses) == 2


def test_without_a_header_the_resource_itself_tells_its_state(
    azure: AzureWire, context: RecordingContext
) -> None:
    def thing(state: str) -> dict[str, Any]:
        return {"properties": {"provisioningState": state}}

    azure.answers["PUT", THING] = thing("Updating")
    azure.answers["GET", THING] = [thing("Updating"), thing("Succeeded")]
    done = change(polling(context), "PUT", THING, body={}, doing="making")
    assert done == thing("Succeeded")
    azure.answers["GET", THING] = thing("Failed")
    with pytest.raises(ApiError, match="ended as failed"):
        change(polling(context), "PUT", THING, body={}, doing="making")


def test_an_interruption_ends_the_wait(azure: AzureWire) -> None:
    context = RecordingContext(name="thing", interrupt_after=0)
    azure.answers["PUT", THING] = Answer({}, 202, ASYNC)
    azure.answers["GET", "/operations/1"] = {"status": "Running"}
    with pytest.raises(OperationInterruptedError):
        change(polling(context), "PUT", THING, body={}, doing="making")
