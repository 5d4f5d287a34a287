"""A rollback goes to an earlier model, and never forward by mistake."""

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tools import rollback
from tools.errors import ToolError
from tools.stack import Stack

KEY = "trimaran:aws.serving.release"
RELEASES = [{"training_job": "second"}, {"training_job": "first"}]


def settings(release: dict[str, str] | None) -> dict[str, Any]:
    serving = {"instance_count": 1} | ({"release": release} if release else {})
    return {"config": {"trimaran:aws": {"serving": serving}}}


def test_one_release_back_is_the_default() -> None:
    assert rollback.steps_back(settings(None), KEY, None) == 1
    assert rollback.steps_back({"config": {}}, KEY, None) == 1


def test_a_second_rollback_has_to_say_where_to() -> None:
    pinned = settings({"model_data_url": "s3://b/first/output/model.tar.gz"})
    with pytest.raises(ToolError, match=r"rolled back already, to s3://b/first(.|\n)*--newest"):
        rollback.steps_back(pinned, KEY, None)
    assert rollback.steps_back(pinned, KEY, 2) == 2


@pytest.mark.parametrize(("steps", "job"), [(1, "second"), (2, "first")])
def test_steps_are_counted_from_the_newest(steps: int, job: str) -> None:
    outputs = {"aws": {"earlier_releases": RELEASES}}
    assert rollback.earlier_release(outputs, "aws", steps)["training_job"] == job


@pytest.mark.parametrize("steps", [0, 3])
def test_more_steps_than_releases_are_refused(steps: int) -> None:
    with pytest.raises(ToolError, match="2 earlier releases"):
        rollback.earlier_release({"aws": {"earlier_releases": RELEASES}}, "aws", steps)
    with pytest.raises(ToolError, match="0 earlier releases"):
        rollback.earlier_release({}, "aws", 1)


def test_the_only_cloud_need_not_be_named_and_of_several_one_must_be() -> None:
    alone = {"gcp": {"endpoint_name": "e"}}
    both = {**alone, "aws": {"endpoint_name": "e"}}
    assert rollback.cloud_of({**alone, "aws": {}}, None) == "gcp"
    assert rollback.cloud_of(both, "aws") == "aws"
    with pytest.raises(ToolError, match=r"aws and gcp(.|\n)*make rollback ARGS='--cloud gcp'"):
        rollback.cloud_of(both, None)
    with pytest.raises(ToolError, match=r"no endpoint in azure(.|\n)*aws, gcp"):
        rollback.cloud_of(both, "azure")
    with pytest.raises(ToolError, match="make up"):
        rollback.cloud_of({}, None)


class RecordedStack(Stack):
    """Runs nothing, and says what it would have run."""

    said: ClassVar[list[tuple[str, ...]]] = []

    def pulumi(self, *arguments: str) -> int:
        self.said.append(arguments)
        return 0

    def outputs(self, **_: bool) -> dict[str, Any]:
        release = {"training_job": "j", "model_data_url": "gs://b/j/", "model_sha256": "ab"}
        return {"gcp": {"endpoint_name": "e", "earlier_releases": [release]}}


@pytest.fixture
def stack(tmp_path: Path) -> RecordedStack:
    (tmp_path / "Pulumi.yaml").write_text("name: trimaran\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    RecordedStack.said.clear()
    return RecordedStack(name="dev", project=tmp_path)


def test_a_rollback_is_a_setting_of_its_cloud_and_an_update(stack: RecordedStack) -> None:
    assert rollback.roll_back(stack, cloud="gcp", steps=None) == 0
    setting, update = stack.said
    assert setting[:3] == ("config", "set-all", "--path")
    assert "trimaran:gcp.serving.release.model_data_url=gs://b/j/" in setting
    assert "trimaran:gcp.serving.release.model_sha256=ab" in setting
    assert update[0] == "up"
    assert "--yes" not in update, "an account's own stack is asked before it changes"
    assert "--policy-pack" in update


def test_the_newest_again_is_that_setting_taken_out(stack: RecordedStack) -> None:
    release = {"model_data_url": "gs://b/j/"}
    config = {"config": {"trimaran:gcp": {"serving": {"release": release}}}}
    (stack.project / "Pulumi.dev.yaml").write_text(json.dumps(config))
    assert rollback.newest(stack, cloud="gcp") == 0
    key = "trimaran:gcp.serving.release"
    setting, update = stack.said
    assert setting == ("config", "rm", "--path", key)
    assert update[:2] == ("up", "--policy-pack")


def test_the_newest_again_where_it_is_served_already_touches_nothing(stack: RecordedStack) -> None:
    with pytest.raises(
        ToolError, match=r"gcp: the settings name no earlier model(.|\n)*--cloud gcp"
    ):
        rollback.newest(stack, cloud="gcp")
    assert stack.said == []
