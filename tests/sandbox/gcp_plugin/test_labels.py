"""The program's labels, the provider's and those of others."""

from collections.abc import Iterator

import pytest

from plugin import UNKNOWN
from sandbox.gcp.plugin.cloud import Cloud
from tests.sandbox.gcp_plugin.cases import REGION
from tests.sandbox.gcp_plugin.world import PROJECT
from tests.sandbox.plugin.stub import Engine, Live

ATTRIBUTION = {"goog-pulumi-provisioned": "true"}
BUCKET = "gcp:storage/bucket:Bucket"


@pytest.fixture
def plain(engine: Engine) -> Iterator[Live]:
    """A bucket with nothing but a location and labels."""
    inputs = {"location": REGION, "labels": {"owner": "ml"}, "forceDestroy": True}
    created = engine.create(BUCKET, "plain", inputs)
    yield created
    engine.delete(created)


def _labels(google: Cloud, live: Live) -> dict[str, str]:
    labels: dict[str, str] = google.call("GET", f"/storage/v1/b/{live.id}")["labels"]
    return labels


def test_default_labels_and_the_attribution_reach_the_cloud(
    plugin_port: int, google: Cloud
) -> None:
    engine = Engine(plugin_port, project=PROJECT, defaultLabels='{"team":"data","owner":"x"}')
    made = engine.create(BUCKET, "labels", {"location": REGION, "labels": {"owner": "ml"}})
    wanted = {"team": "data", "owner": "ml", **ATTRIBUTION}
    assert _labels(google, made) == wanted
    assert made.outputs["pulumiLabels"] == wanted
    assert made.outputs["labels"] == {"owner": "ml"}
    engine.delete(made)
    engine.close()


def test_a_preview_knows_the_labels(engine: Engine) -> None:
    known = engine.preview(BUCKET, "b", {"location": REGION, "labels": {"owner": "ml"}})
    assert known["pulumiLabels"] == {"owner": "ml", **ATTRIBUTION}
    unknown = engine.preview(BUCKET, "b", {"location": REGION, "labels": {"owner": UNKNOWN}})
    assert unknown["pulumiLabels"] is UNKNOWN


def test_the_attribution_can_be_switched_off_and_is_not_given_later(
    plugin_port: int, engine: Engine
) -> None:
    without = Engine(plugin_port, project=PROJECT, addPulumiAttributionLabel="false")
    made = without.create(BUCKET, "bare", {"location": REGION})
    assert made.outputs["effectiveLabels"] == {}
    again = engine.check(BUCKET, "bare", {"location": REGION}, made.inputs)
    assert not engine.diff(made, again.inputs).changed
    always = Engine(
        plugin_port, project=PROJECT, pulumiAttributionLabelAdditionStrategy="PROACTIVE"
    )
    wanted = always.check(BUCKET, "bare", {"location": REGION}, made.inputs)
    assert always.diff(made, wanted.inputs).diffs == ["pulumiLabels"]
    assert always.update(made, {"location": REGION}).outputs["effectiveLabels"] == ATTRIBUTION
    engine.delete(made)
    without.close()
    always.close()


def test_labels_of_others_stay_and_labels_taken_away_go(
    engine: Engine, google: Cloud, plain: Live
) -> None:
    google.call("PATCH", f"/storage/v1/b/{plain.id}", body={"labels": {"other": "one"}})
    found = engine.read(plain)
    assert found is not None
    assert found.inputs == plain.inputs
    assert found.outputs["effectiveLabels"]["other"] == "one"
    updated = engine.update(found, {"location": REGION, "forceDestroy": True})
    assert _labels(google, plain) == {"other": "one", **ATTRIBUTION}
    assert "labels" not in updated.inputs


def test_a_label_changed_by_others_is_seen_by_a_refresh(
    engine: Engine, google: Cloud, plain: Live
) -> None:
    google.call("PATCH", f"/storage/v1/b/{plain.id}", body={"labels": {"owner": "thief"}})
    found = engine.read(plain)
    assert found is not None
    assert found.inputs["labels"] == {"owner": "thief"}
