"""The serving process of one model: its archive opened, its container's environment imitated."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.aws.clients import sdk_environment
from sandbox.aws.context import Context
from sandbox.aws.sagemaker import images
from sandbox.aws.sagemaker.container import OPT_ML, MlTree
from sandbox.aws.transfer import Location, Transfer, unpack
from sandbox.errors import JobError
from sandbox.processes import OnLine, Process, isolation
from sandbox.serving import ServingSpec

MODEL_LIMIT = 4 << 30
# The project's own server stands in for the one in AWS's image; tests bring another.
SERVE_PROGRAM = Path(__file__).resolve().parents[3] / "model_code" / "serve.py"


def _model_source(container: Mapping[str, Any]) -> tuple[str, bool] | None:
    """Where the model is, and whether it is a prefix of plain files; ``None`` without one."""
    if container.get("ModelDataUrl"):
        return str(container["ModelDataUrl"]), False
    source = container.get("ModelDataSource", {}).get("S3DataSource")
    if source is None:
        return None
    return str(source["S3Uri"]), source.get("CompressionType") == "None"


def _fetch(transfer: Transfer, uri: str, plain: bool, target: Path, scratch: Path) -> None:
    if plain:
        if not transfer.download_prefix(Location.parse(uri), target):
            raise JobError(f"Could not find model data at {uri}.")
        return
    archive = scratch / "model.tar.gz"
    try:
        transfer.download(Location.parse(uri), archive)
    except JobError as error:
        raise JobError(f"Could not find model data at {uri}.") from error
    try:
        unpack(archive, target, limit=MODEL_LIMIT)
    except JobError as error:
        raise JobError(
            f'Failed to extract model data archive from URL "{uri}": {error}. Please ensure that '
            "the object located at the URL is a valid tar.gz archive."
        ) from error
    archive.unlink()


def prepare(
    context: Context,
    *,
    region: str,
    container: Mapping[str, Any],
    isolated: bool,
    name: str,
    directory: Path,
    on_line: OnLine,
    start_timeout: float,
) -> ServingSpec:
    """Download and open a model, and say how to start its process.

    Args:
        container: a ContainerDefinition.
        isolated: the model's network isolation: no credentials in its environment.
        directory: this deployment's own directory.

    Raises:
        JobError: unknown image, missing or unusable model data.
    """
    python = images.interpreter(container.get("Image"))
    shutil.rmtree(directory, ignore_errors=True)
    root = directory / "ml"
    tree = MlTree(root, OPT_ML if isolation().mounts else str(root))
    (root / "model").mkdir(parents=True)
    transfer = Transfer(context, region)
    source = _model_source(container)
    if source is not None:
        _fetch(transfer, *source, root / "model", directory)
    _additional_sources(transfer, container, root)
    given = {key: tree.translated(value) for key, value in container.get("Environment", {}).items()}
    submitted = given.get("SAGEMAKER_SUBMIT_DIRECTORY", "")
    if submitted.startswith("s3://"):
        archive = directory / "sourcedir.tar.gz"
        transfer.download(Location.parse(submitted), archive)
        unpack(archive, root / "code", limit=MODEL_LIMIT)
        given["SAGEMAKER_SUBMIT_DIRECTORY"] = tree.seen("code")
    images.write_programs(directory / "bin", python)
    sdk = {} if isolated else sdk_environment(context.endpoint_url, region)
    program = os.environ.get("SANDBOX_SERVE_PROGRAM", str(SERVE_PROGRAM))

    def process(replica: str, port: int) -> Process:
        home = directory / "home"
        home.mkdir(exist_ok=True)
        return Process(
            name=replica,
            argv=[python, program],
            env={
                "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
                "HOME": str(home),
                "LANG": "C.UTF-8",
                "PYTHONUNBUFFERED": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - the container's own
                "AWS_REGION": region,
                "SAGEMAKER_REGION": region,
                "SM_MODEL_DIR": tree.seen("model"),
                **sdk,
                **given,
                "SAGEMAKER_BIND_TO_PORT": str(port),
                "SERVE_HOST": "127.0.0.1",
            },
            cwd=Path(tree.seen("model")),
            opt_ml=root,
        )

    return ServingSpec(
        name=name,
        directory=directory,
        process=process,
        on_line=on_line,
        start_timeout=start_timeout,
    )


def _additional_sources(transfer: Transfer, container: Mapping[str, Any], root: Path) -> None:
    for source in container.get("AdditionalModelDataSources", []):
        target = root / "additional-model-data-sources" / source["ChannelName"]
        uri = source["S3DataSource"]["S3Uri"]
        plain = source["S3DataSource"].get("CompressionType") == "None"
        _fetch(transfer, uri, plain, target, root)
