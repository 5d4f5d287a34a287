"""The functions of the provider, and what it takes from its configuration."""

from typing import Any

import pytest

from plugin.handler import ResourceFailedError
from sandbox.gcp.plugin.functions import FUNCTIONS
from sandbox.gcp.plugin.provider import GcpProvider
from tests.sandbox.gcp_plugin.world import PROJECT


@pytest.fixture(scope="module")
def provider(endpoint_url: str) -> GcpProvider:
    return GcpProvider(endpoint_url)


def _call(provider: GcpProvider, name: str, **arguments: Any) -> dict[str, Any]:
    token = next(token for token in FUNCTIONS if token.endswith(f":{name}"))
    configuration = provider.configure({"project": PROJECT, "region": "europe-west4"})
    return dict(provider.invoke(token, arguments, configuration))


def test_the_project_is_told_with_its_number(provider: GcpProvider) -> None:
    found = _call(provider, "getProject")
    assert found["projectId"] == PROJECT
    assert found["number"].isdigit()
    assert found["id"] == f"projects/{PROJECT}"
    assert _call(provider, "getProject", projectId="another")["projectId"] == "another"


def test_the_client_says_where_it_works(provider: GcpProvider) -> None:
    found = _call(provider, "getClientConfig")
    assert (found["project"], found["region"], found["zone"]) == (
        PROJECT,
        "europe-west4",
        "europe-west4-a",
    )


def test_agents_are_those_that_the_services_ask_for(provider: GcpProvider) -> None:
    number = _call(provider, "getProject")["number"]
    storage = _call(provider, "getProjectServiceAccount")
    assert (
        storage["emailAddress"] == f"service-{number}@gs-project-accounts.iam.gserviceaccount.com"
    )
    transfer = _call(provider, "getTransferProjectServiceAccount")
    assert transfer["member"] == f"serviceAccount:{transfer['email']}"
    assert transfer["subjectId"].isdigit()


def test_an_unsupported_function_is_refused_by_name(provider: GcpProvider) -> None:
    token = "gcp:compute/getZones:getZones"
    with pytest.raises(ResourceFailedError, match=f"{token} is not supported"):
        provider.invoke(token, {}, None)


def test_the_project_comes_from_the_environment_when_nothing_is_configured(
    provider: GcpProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "from-environment")
    assert provider.configure({}).project == "from-environment"
    assert provider.configure({"project": "said"}).project == "said"


def test_a_strategy_that_does_not_exist_is_refused(provider: GcpProvider) -> None:
    with pytest.raises(ResourceFailedError, match="CREATION_ONLY, PROACTIVE"):
        provider.configure({"pulumiAttributionLabelAdditionStrategy": "ALWAYS"})
