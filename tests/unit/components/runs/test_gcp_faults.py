"""What Google's APIs refuse: repeated where that helps, told with a remedy where not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from components.gcp.runs import cloud
from components.gcp.runs.cloud import ApiError, call, explained
from components.gcp.vertex.custom_job import CustomJobHandler
from plugin.handler import ResourceFailedError
from tests.unit.components.runs.conftest import RecordingContext
from tests.unit.components.runs.test_gcp_handlers import job_inputs

MACHINES = (
    "The following quota metrics exceed quota limits: "
    "aiplatform.googleapis.com/custom_model_training_cpus"
)
RATE = "Quota exceeded for quota metric 'Job submission requests' and limit 'per minute'"


class _Response:
    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status_code, self.ok = status, status < 400
        self.content, self.text, self.reason = b"{}", str(body), ""
        self._body = body

    def json(self) -> dict[str, Any]:
        return self._body


def refused(status: int, message: str) -> _Response:
    codes = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE"}
    return _Response(status, {"error": {"status": codes[status], "message": message}})


@dataclass
class Wire:
    """Prepared answers; what was asked and how long was paused."""

    answers: list[_Response] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def request(self, method: str, url: str, **_: Any) -> _Response:
        self.asked.append(method)
        return self.answers.pop(0)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    found = Wire()
    monkeypatch.setattr(cloud, "session", lambda: found)
    monkeypatch.setattr("time.sleep", found.pauses.append)
    yield found
    assert found.answers == []


def post() -> dict[str, Any]:
    return call("aiplatform", "POST", "/v1/x", region="europe-west4", body={})


def test_a_creation_beyond_the_rate_is_repeated_for_more_than_a_minute(wire: Wire) -> None:
    wire.answers = [refused(429, RATE), refused(429, RATE), _Response(200, {"name": "x"})]
    assert post() == {"name": "x"}
    wire.answers = [refused(429, RATE)] * 8
    wire.pauses.clear()
    with pytest.raises(ResourceFailedError, match="too many requests in a minute"), explained("j"):
        post()
    assert 60 <= sum(wire.pauses) <= 120


def test_machines_beyond_the_quota_are_told_at_once_with_metric_region_and_remedy(
    wire: Wire,
) -> None:
    wire.answers = [refused(429, MACHINES)]
    with pytest.raises(ResourceFailedError) as failure, explained("custom job train-1"):
        post()
    assert wire.pauses == []
    text = str(failure.value)
    assert text.startswith("custom job train-1: RESOURCE_EXHAUSTED: The following quota metrics")
    assert "Quota custom_model_training_cpus of region europe-west4 is used up" in text
    assert "fewer parallel trials" in text


def test_a_creation_that_may_have_been_carried_out_is_not_repeated(wire: Wire) -> None:
    wire.answers = [refused(503, "try again")]
    with pytest.raises(ApiError):
        post()
    wire.answers = [refused(503, "try again"), _Response(200, {})]
    call("aiplatform", "GET", "/v1/x", region="r")
    assert len(wire.pauses) == 1


def test_a_job_that_the_quota_ended_later_is_told_with_the_same_remedy(
    context: RecordingContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    from components.gcp.vertex import jobs
    from tests.unit.components.runs.test_gcp_handlers import answering

    failed = {
        "name": "x/1",
        "displayName": "job-1",
        "state": "JOB_STATE_FAILED",
        "error": {"code": 8, "message": MACHINES},
    }
    answers: Any = {("GET", "/customJobs"): {}, ("POST", "/customJobs"): failed}
    monkeypatch.setattr(jobs, "call", answering(answers, []))
    monkeypatch.setattr(jobs, "excerpt", lambda *_: "The log")
    with pytest.raises(ResourceFailedError, match="Quota custom_model_training_cpus of region r"):
        CustomJobHandler().create(context, job_inputs())
