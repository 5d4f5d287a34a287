"""How checks are run: at once, with a limit, and with words for what is refused."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from components.azure.runs import cloud as azure_cloud
from components.azure.runs.cloud import CloudEndpoints, forget_clients
from components.gcp.runs import cloud as gcp_cloud
from tests.unit.tools.doctor.cases import case
from tools.doctor import registry, run
from tools.doctor.aws import client
from tools.doctor.case import Case
from tools.doctor.finding import Finding, Status, ok, warn
from tools.doctor.registry import Check
from tools.doctor.run import examined

AWS = (
    '{"__type": "AccessDeniedException", "message": "User: u is not authorized to perform: '
    'servicequotas:ListServiceQuotas"}'
)
GCP = '{"error": {"code": 403, "status": "PERMISSION_DENIED", "message": "The caller may not"}}'
AZURE = (
    '{"error": {"code": "AuthorizationFailed", "message": "The client does not have authorization '
    "to perform action 'Microsoft.MachineLearningServices/locations/vmSizes/read' over scope\"}}"
)


class _Refusing(BaseHTTPRequestHandler):
    """A cloud that lets nobody do anything."""

    def _refuse(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        text = GCP if "/projects/" in self.path else AZURE
        if "X-Amz-Date" in self.headers:
            text = AWS
        body = text.encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _refuse

    def log_message(self, *_: object) -> None:
        """Nothing."""


class _Token:
    token, expires_on = "of-nobody", 2**31


class _Credential:
    def get_token(self, *_: str, **__: object) -> _Token:
        return _Token()


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All three clouds answer 403."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    for name in ("SERVICE_USAGE", "CLOUD_RESOURCE_MANAGER", "BILLING", "IAM"):
        monkeypatch.setenv(f"GOOGLE_{name}_CUSTOM_ENDPOINT", f"{url}/v1/")
    import requests

    monkeypatch.setattr(gcp_cloud, "session", requests.Session)
    endpoints = CloudEndpoints(resource_manager=url, audience=url, login=url)
    monkeypatch.setattr(azure_cloud, "endpoints", lambda: endpoints)
    monkeypatch.setattr(azure_cloud, "_client", lambda _: _pipeline())
    client.cache_clear()
    yield
    server.shutdown()
    server.server_close()
    client.cache_clear()
    forget_clients()


def _pipeline() -> object:
    from azure.core import PipelineClient

    return PipelineClient("", policies=[])


@pytest.mark.parametrize(
    ("cloud", "check", "permission"),
    [
        ("aws", "quotas", "servicequotas:ListServiceQuotas"),
        ("gcp", "quotas", "serviceusage.quotas.get"),
        ("gcp", "billing", "resourcemanager.projects.get"),
        ("azure", "quotas", "Microsoft.MachineLearningServices/locations/vmSizes/read"),
        ("azure", "soft-deleted", "Microsoft."),
    ],
)
def test_what_may_not_be_asked_is_a_warning_that_names_the_permission(
    refusing: None, cloud: str, check: str, permission: str
) -> None:
    (one,) = (one for one in registry.ONLINE[cloud] if one.name == check)
    (result,) = run._round(case(), [(cloud, one)])
    assert result.finding.status is Status.WARN
    assert "may not ask" in result.finding.thing
    assert f"grant {permission}" in result.finding.remedy


def test_without_a_sign_in_each_cloud_says_so_and_nothing_else_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from azure.core.exceptions import ClientAuthenticationError
    from botocore.exceptions import NoCredentialsError
    from google.auth.exceptions import DefaultCredentialsError

    def unsigned(error: Exception) -> Check:
        def ask(_: Case) -> Iterator[Finding]:
            raise error

        return Check(name="credentials", run=ask)

    def never(_: Case) -> Iterator[Finding]:
        raise AssertionError("asked without a sign-in")

    errors = {
        "aws": NoCredentialsError(),
        "gcp": DefaultCredentialsError("none"),  # type: ignore[no-untyped-call]
        "azure": ClientAuthenticationError("none"),
    }
    monkeypatch.setattr(registry, "IDENTITY", {c: unsigned(error) for c, error in errors.items()})
    online = dict.fromkeys(errors, (Check(name="quotas", run=never),))
    monkeypatch.setattr(registry, "ONLINE", online)
    results = examined(case(plan=None), unreachable={})
    for cloud, way in (("aws", "AWS_PROFILE"), ("gcp", "gcloud auth"), ("azure", "az login")):
        own = {one.check: one.finding for one in results if one.cloud == cloud}
        assert own["credentials"].status is Status.FAIL
        assert way in own["credentials"].remedy
        assert "quotas" not in own
        assert own["settings"].status is Status.OK


def test_a_cloud_that_cannot_be_asked_is_told_and_its_offline_checks_still_run() -> None:
    down = warn("the sandbox does not run", "127.0.0.1", "make up")
    results = examined(case(plan=None), unreachable=dict.fromkeys(("aws", "gcp", "azure"), down))
    assert [one.finding for one in results if one.check == "credentials"] == [down] * 3
    assert {"settings", "region", "machines", "budget"} <= {one.check for one in results}


def test_a_check_that_hangs_is_given_up_and_the_others_are_told() -> None:
    hold = threading.Event()

    def hang(_: Case) -> Iterator[Finding]:
        hold.wait()
        yield ok("late", "here")

    def quick(_: Case) -> Iterator[Finding]:
        yield ok("quick", "here")

    tasks = [("aws", Check(name="slow", run=hang)), ("aws", Check(name="fast", run=quick))]
    slow, fast = run._round(case(), tasks, 0.5)
    hold.set()
    assert (slow.finding.status, fast.finding.thing) == (Status.WARN, "quick")
    assert "no answer" in slow.finding.thing
