"""The serving process of one deployed model: artefacts fetched, its container's contract kept."""

import os
import shutil
import sys
from pathlib import Path

from sandbox.errors import JobError
from sandbox.gcp.context import Context
from sandbox.gcp.vertex import automl_models, images
from sandbox.gcp.vertex.files import download_directory
from sandbox.images import MODEL_CODE, Runtime
from sandbox.processes import OnLine, Process
from sandbox.programs import write_programs
from sandbox.serving import ServingSpec
from sandbox.store import Record

# The cloud waits this long unless the model's container says otherwise.
START_SECONDS = 600.0
LONGEST_START = 7200.0


def routes(model: Record, endpoint_id: str, deployed_id: str) -> tuple[str, str]:
    """Health and predict route of a model's container."""
    base = f"/v1/endpoints/{endpoint_id}/deployedModels/{deployed_id}"
    container = model.get("containerSpec", {})
    return container.get("healthRoute") or base, container.get("predictRoute") or f"{base}:predict"


def prepare(
    context: Context, model: Record, deployed: Record, *, endpoint: str, directory: Path,
    on_line: OnLine,
) -> ServingSpec:  # fmt: skip
    """Fetch a model's artefacts and say how to start its process.

    Args:
        model: a version of a model.
        deployed: the DeployedModel.
        endpoint: the endpoint's name.
        directory: this deployment's own directory.

    Raises:
        JobError: unknown image or no artefacts.
    """
    container = model.get("containerSpec", {})
    automl = automl_models.files_of(context, model)
    runtime = (
        images.runtime(container["imageUri"], "prediction")
        if automl is None
        else Runtime(sys.executable, None)
    )
    shutil.rmtree(directory, ignore_errors=True)
    artifacts = directory / "model"
    artifacts.mkdir(parents=True)
    if automl is not None:
        shutil.copytree(automl, artifacts, dirs_exist_ok=True)
    uri = model.get("artifactUri", "")
    if uri and not download_directory(context, uri, artifacts):
        raise JobError(f"Model directory {uri} is expected to contain the model but is empty.")
    _, project, _, _, _, endpoint_id = endpoint.split("/")
    health, predict = routes(model, endpoint_id, deployed["id"])
    write_programs(directory / "bin", runtime.python)
    home = directory / "home"
    home.mkdir()
    resources = deployed.get("dedicatedResources", {})
    machine = resources.get("machineSpec", {})
    fixed = {
        "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - the container's own
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SERVE_HOST": "127.0.0.1",
        # Where the project's own server looks; others download AIP_STORAGE_URI themselves.
        "MODEL_DIR": str(artifacts),
        **context.environment(project),
        **{item["name"]: item.get("value", "") for item in container.get("env", [])},
        "AIP_MODE": "PREDICTION",
        "AIP_MODE_VERSION": "1.0.0",
        "AIP_HEALTH_ROUTE": health,
        "AIP_PREDICT_ROUTE": predict,
        "AIP_STORAGE_URI": uri,
        "AIP_ENDPOINT_ID": endpoint_id,
        "AIP_DEPLOYED_MODEL_ID": deployed["id"],
        "AIP_PROJECT_NUMBER": project,
        "AIP_MACHINE_TYPE": machine.get("machineType", ""),
        "AIP_ACCELERATOR_TYPE": machine.get("acceleratorType", ""),
    }
    work = artifacts if runtime.directory is None else runtime.directory
    if automl is None:
        command = _command(container, runtime)
    else:
        command = automl_models.program("serve")
        fixed |= automl_models.environment()

    def process(replica: str, port: int) -> Process:
        env = {**fixed, "AIP_HTTP_PORT": str(port)}
        return Process(name=replica, argv=command, env=env, cwd=work)

    return ServingSpec(
        name=deployed["id"],
        directory=directory,
        process=process,
        on_line=on_line,
        ping=health,
        start_timeout=_start_seconds(container),
    )


def _command(container: Record, runtime: Runtime) -> list[str]:
    command = list(container.get("command", []))
    if not command:
        # The project's own server stands in for the one in Google's image.
        program = MODEL_CODE / "serve.py"
        if runtime.directory is not None and (runtime.directory / "serve.py").is_file():
            program = runtime.directory / "serve.py"
        command = [runtime.python, str(program)]
    return [*command, *container.get("args", [])]


def _start_seconds(container: Record) -> float:
    text = str(container.get("deploymentTimeout") or "").removesuffix("s")
    return min(float(text), LONGEST_START) if text else START_SECONDS
