"""A stack that seals its raw table, in all three clouds: at rest, in the jobs, and refused."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from components.aws.runs.cloud import forget_clients as forget_aws
from components.azure.runs.cloud import forget_clients as forget_azure
from components.gcp.runs.cloud import forget_session as forget_gcp
from components.runs.polling import Polling
from plugin.provider import Context
from tests.e2e.project import ROW, UP, Project, fresh

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

STORES = {"s3": "aws", "gs": "gcp", "https": "azure"}


def sealed_objects(project: Project) -> dict[str, dict[str, Any]]:
    """The inputs of each cloud's sealed object, as the state has them."""
    resources = project.stack.export()["deployment"]["resources"]
    found = [one["inputs"] for one in resources if one["type"] == "trimaran:index:SealedObject"]
    return {STORES[one["uri"].partition(":")[0]]: one for one in found}


def store(cloud: str) -> Any:
    return import_module(f"components.{cloud}.runs.objects")


def labels(project: Project) -> list[str]:
    ran = project.make("predict", f"ARGS={json.dumps([ROW])}")
    assert ran.status == 0, ran.text
    told = [json.loads(line) for line in ran.text.splitlines() if line.startswith("{")]
    return [one["predictions"][0]["label"] for one in told]


def test_the_table_is_sealed_in_every_cloud_and_opened_for_its_purpose_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fresh(tmp_path / "project", "aws", "gcp", "azure") as project:
        project.configure("data.encryption", {"mode": "envelope", "purpose": "training"})
        made = project.pulumi(*UP, timeout=900)
        assert made.status == 0, made.text
        assert labels(project) == ["Adelie"] * 4
        project.up("--expect-no-changes")

        for name, value in project.stack.environ.items():
            monkeypatch.setenv(name, value)
        for forget in (forget_aws, forget_gcp, forget_azure):
            forget()
        objects = sealed_objects(project)
        assert set(objects) == {"aws", "gcp", "azure"}
        island = (project.directory / "data" / "penguins.csv").read_bytes().splitlines()[1][:16]
        other = tmp_path / "other"
        for cloud, sealed in objects.items():
            uri = sealed["uri"]
            content = store(cloud).first_bytes(uri, 2**20, sealed)
            assert content.startswith(b"TRIMARAN SEALED1"), uri
            assert island not in content
            assert len(content) > 8192 + 10_000
            # Somebody puts the same table there, for another purpose.
            words = [str(project.directory / "data" / "penguins.csv"), str(other), "--force"]
            words += ["--key", sealed["keyId"], "--dataset", "penguins", "--purpose", "marketing"]
            command = [sys.executable, "-m", "model_code.encryption", "encrypt", *words]
            subprocess.run(command, cwd=project.directory, env=project.stack.environ, check=True)
            store(cloud).put(Polling(Context(name=uri), uri), uri, other, sealed)
        keys = project.client("s3").list_objects_v2(Bucket=project.outputs()["buckets"]["raw"])
        assert [one["Key"] for one in keys["Contents"]] == ["penguins/penguins.csv.sealed"]
        assert island.decode() not in json.dumps(project.stack.export())

        # The first refusal ends the update; the others may not have begun.
        project.configure("data.seed", 7)
        refused = project.pulumi(*UP, timeout=900)
        assert refused.status != 0
        assert "Traceback" not in refused.text
        told = "penguins.csv.sealed cannot be opened for dataset=penguins, purpose=training: "
        assert told in refused.text
        assert "is for dataset=penguins, purpose=marketing, not for" in refused.text
        assert labels(project) == ["Adelie"] * 4
