"""Files of a training job: channels down, results up."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox.aws.sagemaker import container
from sandbox.aws.sagemaker.container import MlTree
from sandbox.aws.transfer import DirectorySync, Location, Transfer, pack
from sandbox.errors import JobError


def upload(
    directory: Path, transfer: Transfer, record: Mapping[str, Any], trees: list[MlTree]
) -> str:
    """Upload model and output; the URI of the model artefacts.

    Raises:
        JobError: the output location cannot be written.
    """
    output = record["OutputDataConfig"]
    key_id = output.get("KmsKeyId")
    base = Location.parse(output["S3OutputPath"]).joined(record["TrainingJobName"], "output")
    merged = _merged(directory / "merged", trees)
    try:
        if output.get("CompressionType") == "NONE":
            DirectorySync(transfer, merged / "model", base.joined("model")).push()
            artifacts = f"{base.joined('model')}/"
        else:
            archive = merged / "model.tar.gz"
            pack(merged / "model", archive)
            transfer.upload(archive, base.joined("model.tar.gz"), key_id=key_id)
            artifacts = str(base.joined("model.tar.gz"))
        if any((merged / "output").iterdir()):
            archive = merged / "output.tar.gz"
            pack(merged / "output", archive)
            transfer.upload(archive, base.joined("output.tar.gz"), key_id=key_id)
    finally:
        shutil.rmtree(merged)
    return artifacts


def download_channel(
    transfer: Transfer, channel: Mapping[str, Any], target: Path, *, shard: tuple[int, int]
) -> None:
    """Bring one input channel's objects to a host, the ``shard=(i, n)``-th part if sharded.

    Raises:
        JobError: nothing is there.
    """
    source = channel["DataSource"]["S3DataSource"]
    location = Location.parse(source["S3Uri"])
    if source["S3DataType"] == "ManifestFile":
        found = transfer.download_manifest(location, target)
    else:
        sharded = source.get("S3DataDistributionType") == "ShardedByS3Key"
        found = transfer.download_prefix(location, target, shard=shard if sharded else (0, 1))
    if not found:
        raise JobError(
            f"ClientError: Data download failed: No S3 objects found under S3 URL {location!s} "
            f"given in input data source (channel {channel['ChannelName']})."
        )


def translate_scripts(tree: MlTree) -> None:
    """Without a private ``/opt/ml``, rewrite the path in shell scripts brought as channels."""
    if tree.seen_as == container.OPT_ML:
        return
    for path in (tree.root / "input/data").rglob("*"):
        if path.suffix in (".sh", ".py") and path.is_file():
            path.write_text(tree.translated(path.read_text()))


def _merged(directory: Path, trees: list[MlTree]) -> Path:
    """All hosts' results in one tree; where two wrote the same file, the first host's counts.

    ``output`` holds what the hosts wrote below ``/opt/ml/output/data``.
    """
    for part, source in (("model", "model"), ("output", "output/data")):
        target = directory / part
        target.mkdir(parents=True, exist_ok=True)
        for tree in reversed(trees):
            content = tree.root / source
            if content.is_dir():
                shutil.copytree(content, target, dirs_exist_ok=True, symlinks=True)
    return directory
