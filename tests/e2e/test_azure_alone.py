"""Azure alone, from nothing to nothing: releases, a refused model, settings, a destroy."""

import json
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.azure import ML, get, ids_in_azure, in_azure
from tests.e2e.project import ROW, UP, Project, fresh
from tools import rollback

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1200)]


def outputs(project: Project) -> dict[str, Any]:
    """The Azure part of the stack's outputs, with its secrets."""
    own: dict[str, Any] = project.stack.outputs(show_secrets=True)["azure"]
    return own


def labels(project: Project) -> list[str]:
    """What the online endpoint and the container group answer, as `make predict` shows it."""
    ran = project.make("predict", f"ARGS=--cloud azure {json.dumps([ROW])}")
    assert ran.status == 0, ran.text
    told = [json.loads(line) for line in ran.text.splitlines() if line.startswith("{")]
    assert [one["by"] for one in told] == ["endpoint", "container"]
    return [one["predictions"][0]["label"] for one in told]


def statuses_of_a_wrong_key(project: Project) -> list[int]:
    own = outputs(project)
    pinned = ssl.create_default_context(cadata=own["container"]["certificate"])
    pinned.check_hostname = False
    authority = ssl.create_default_context(cafile=project.stack.environ["SSL_CERT_FILE"])
    asked = {
        own["endpoint"]["scoring_uri"]: authority,
        own["container"]["scoring_uri"]: pinned,
    }
    headers = {"Authorization": "Bearer wrong"}
    return [
        httpx.post(url, json=[ROW], headers=headers, verify=trusted, timeout=60).status_code
        for url, trusted in asked.items()
    ]


def served_job(project: Project) -> str:
    """Name of the job whose model the endpoint's only deployment serves."""
    endpoint = outputs(project)["endpoint"]["id"]
    (deployment,) = in_azure(project, f"{endpoint}/deployments", version=ML)
    model = get(project, deployment["properties"]["model"], version=ML)
    return str(model["properties"]["jobName"])


def born_at(project: Project) -> str:
    """When the endpoint was made."""
    endpoint = get(project, outputs(project)["endpoint"]["id"], version=ML)
    return str(endpoint["systemData"]["createdAt"])


def test_azure_alone_comes_up_changes_rolls_back_goes_and_comes_again(tmp_path: Path) -> None:
    with fresh(tmp_path / "project", "azure") as project:
        empty = list(ids_in_azure(project))
        project.up()
        first = outputs(project)
        assert first["container"]["state"] == "Running"
        assert labels(project) == ["Adelie", "Adelie"]
        assert statuses_of_a_wrong_key(project) == [401, 401]

        # The endpoint's own settings are written with a PUT, which takes its traffic away.
        project.configure("owner", "another-team")
        project.up()
        assert labels(project) == ["Adelie", "Adelie"]

        # A model below the bar is not served; the settings' return finds the old job's name taken.
        project.configure("training.epochs", 1)
        project.configure("training.learning_rate", 0.0001)
        missed = project.pulumi(*UP)
        assert missed.status != 0
        assert "trimaran:training.min_accuracy" in missed.text
        assert "Traceback" not in missed.text
        assert labels(project) == ["Adelie", "Adelie"]
        project.configure("training.epochs", 40)
        project.configure("training.learning_rate", 0.05)
        project.up()
        assert outputs(project)["model_sha256"] == first["model_sha256"]
        project.up("--expect-no-changes")

        # New code makes a new model, behind the same endpoint; one command takes it back.
        born = born_at(project)
        code = project.directory / "model_code" / "inference.py"
        code.write_text(f"{code.read_text()}\nMARK = 'changed'\n")
        project.up()
        second = outputs(project)
        assert second["training_job"] != first["training_job"]
        assert served_job(project) == second["training_job"]
        assert second["earlier_releases"][0]["model_data_url"] == first["model_data_url"]
        assert labels(project) == ["Adelie", "Adelie"]
        assert rollback.roll_back(project.stack, cloud="azure", steps=None) == 0
        assert served_job(project) == first["training_job"]
        assert born_at(project) == born, "the endpoint was replaced"
        assert labels(project) == ["Adelie", "Adelie"]
        project.configure("azure.serving.release", None)

        destroyed = project.pulumi("destroy", "--yes", "--skip-preview")
        assert destroyed.status == 0, destroyed.text
        # Azurite, which runs with `server.pem`, is the sandbox's and goes with it.
        left = [line for line in project.processes() if "launcher.js" not in line]
        assert [line for line in left if "serve" in line] == []
        assert list(ids_in_azure(project)) == empty

        project.up()
        assert labels(project) == ["Adelie", "Adelie"]
