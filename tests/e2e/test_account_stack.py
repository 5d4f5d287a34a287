"""Stack `account` on a sandbox: up, drift by hand, taken back, gone."""

from pathlib import Path

import pytest
import yaml

from tests.e2e.project import UP, Project, fresh, inventory

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]
IDS = {
    "aws": ("account_id",),
    "gcp": ("project_id", "project_number"),
    "azure": ("subscription_id", "tenant_id"),
}


def become_account(project: Project) -> None:
    """Gives stack local the settings of stack account, but for the sandbox's own ids."""
    path = project.directory / "Pulumi.local.yaml"
    local = yaml.safe_load(path.read_text())
    account = yaml.safe_load((project.directory / "Pulumi.account.yaml").read_text())["config"]
    for cloud, names in IDS.items():
        own = local["config"][f"trimaran:{cloud}"]
        account[f"trimaran:{cloud}"] |= {name: own[name] for name in names}
    account["trimaran:protect_data"] = False
    local["config"] = account
    path.write_text(yaml.safe_dump(local, sort_keys=False))


def test_what_exists_once_comes_up_is_watched_for_drift_and_goes(tmp_path: Path) -> None:
    with fresh(tmp_path / "project", "aws", "gcp", "azure") as project:
        become_account(project)
        empty = inventory(project)
        project.up("--policy-pack", str(project.directory / "policy"))
        guardduty, config = project.client("guardduty"), project.client("config")
        (detector,) = guardduty.list_detectors()["DetectorIds"]
        recorders = config.describe_configuration_recorder_status
        (recorder,) = recorders()["ConfigurationRecordersStatus"]
        assert recorder["recording"] is True

        guardduty.update_detector(DetectorId=detector, Enable=False)
        config.stop_configuration_recorder(ConfigurationRecorderName=recorder["name"])
        drifted = project.make("drift")
        assert drifted.status != 0
        for told in (
            "2 of stack local drifted",
            "trimaran-local (aws:guardduty/detector:Detector): changed: enable",
            "trimaran-local (aws:cfg/recorderStatus:RecorderStatus): changed: isEnabled",
        ):
            assert told in drifted.text, drifted.text
        mended = project.up("--refresh")
        assert (mended.counted("updated"), mended.counted("created")) == (2, 0), mended.text
        assert mended.counted("unchanged") > 60
        assert guardduty.get_detector(DetectorId=detector)["Status"] == "ENABLED"
        (recorder,) = recorders()["ConfigurationRecordersStatus"]
        assert recorder["recording"] is True

        gone = project.pulumi("destroy", *UP[1:])
        assert gone.status == 0, gone.text
        assert inventory(project) == empty
        assert guardduty.list_detectors()["DetectorIds"] == []
        assert config.describe_configuration_recorders()["ConfigurationRecorders"] == []
