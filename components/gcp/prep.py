"""Data preparation: the Beam pipeline that runs in `up`, on Dataflow unless config says else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi

from components.gcp.code import pipeline_package
from components.gcp.labels import labels_of
from components.gcp.lake import Zone
from components.gcp.network import WORKER_TAG, Placement
from components.gcp.runs.dataflow_run import DATAFLOW, DataflowRun, DataflowRunArgs
from components.naming import Sensitivity, content_hash, content_name
from components.packaging import BUILD_DIRECTORY, ROOT, pack_modules
from components.sealing import Seal, stored_name
from components.tags import with_sensitivity

_JOB_NAME_LIMIT: Final = 63


@dataclass(frozen=True, kw_only=True)
class PrepArgs:
    """The raw table, what to keep of it, and the machines that do it."""

    project_id: str
    region: str
    table: str
    columns: Sequence[str]
    """All columns of the raw table, in the order of its file."""
    features: Sequence[str]
    target: str
    train_fraction: float
    validation_fraction: float
    seed: int
    file_name: str
    """Of the table, in its folder."""
    data_sha256: str
    seal: Seal | None
    """What the raw table is sealed for; None: it is not."""
    raw_table_uri: pulumi.Input[str]
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    account_email: pulumi.Input[str]
    code_directory: Path
    runner: str
    worker_type: str
    workers: int
    """The most at a time; Dataflow starts with as many as the data needs."""
    timeout_minutes: int
    placement: Placement | None
    tags: Mapping[str, str]


class Prep(pulumi.ComponentResource):
    """The pipeline's run is part of `up`, and runs again only when data, code or columns change.

    It is the same pipeline on every runner. On Dataflow the workers have an account of their own,
    no address on the internet, and a key of the stack's for their disks and unfinished files. A
    sealed table is opened by one of them.
    """

    datasets: pulumi.Output[Mapping[str, str]]
    """Prefixes of ``train``, ``validation``, ``test``, ``statistics``, once they are there."""
    job_name: pulumi.Output[str]
    code_sha256: str
    """Of the modules that the job ran with."""

    def __init__(
        self, name: str, args: PrepArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Prep", name, None, opts)
        self._args = args
        self.code_sha256 = pack_modules(args.code_directory, entries=["prepare_beam"]).sha256
        settings = {
            "--table": args.table,
            "--columns": ",".join(args.columns),
            "--features": ",".join(args.features),
            "--target": args.target,
            "--seed": str(args.seed),
            "--train_fraction": str(args.train_fraction),
            "--validation_fraction": str(args.validation_fraction),
            **(args.seal.arguments if args.seal else {}),
        }
        content = {"data": args.data_sha256, "code": self.code_sha256, "settings": settings}
        run = DataflowRun(
            f"{name}-prep",
            DataflowRunArgs(
                project=args.project_id,
                region=args.region,
                job_name=content_name(f"{name}-prep".lower(), content, limit=_JOB_NAME_LIMIT),
                runner=args.runner,
                arguments={**settings, **self._input()},
                options=self._options() if args.runner == DATAFLOW else None,
                code_directory=_relative(args.code_directory),
                trigger=content_hash(content),
                processed_uri=pulumi.Output.concat(
                    "gs://", args.bucket_names[Zone.PROCESSED], f"/{args.table}"
                ),
                timeout_minutes=args.timeout_minutes,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.datasets = run.datasets
        self.job_name = run.job_name
        self.register_outputs({"datasets": self.datasets, "job_name": self.job_name})

    def _input(self) -> dict[str, pulumi.Input[str]]:
        args = self._args
        if args.seal is None:
            return {"--input": pulumi.Output.concat(args.raw_table_uri, "*.csv")}
        file = stored_name(args.file_name, args.seal)
        return {
            "--input": pulumi.Output.concat(args.raw_table_uri, file),
            "--seal_key": args.key_ids[Sensitivity.SEALED],
        }

    def _options(self) -> dict[str, pulumi.Input[str]]:
        args = self._args
        artefacts = pulumi.Output.concat("gs://", args.bucket_names[Zone.ARTEFACTS], "/dataflow")
        labels = labels_of(with_sensitivity(args.tags, Sensitivity.DATA))
        options: dict[str, pulumi.Input[str]] = {
            "--staging_location": pulumi.Output.concat(artefacts, "/staging"),
            "--temp_location": pulumi.Output.concat(artefacts, "/temp"),
            "--service_account_email": args.account_email,
            "--dataflow_kms_key": args.key_ids[Sensitivity.MODEL],
            "--worker_machine_type": args.worker_type,
            "--max_num_workers": str(args.workers),
            "--no_use_public_ips": "",
            "--extra_package": _relative(
                pipeline_package(args.code_directory, build=BUILD_DIRECTORY).path
            ),
            "--labels": ",".join(f"{key}={value}" for key, value in sorted(labels.items())),
        }
        if args.placement is not None:
            options["--subnetwork"] = args.placement.subnetwork
            options["--experiments"] = f"use_network_tags={WORKER_TAG}"
        return options


def _relative(directory: Path) -> str:
    # A relative path keeps the state the same for every clone of the project.
    return str(directory.relative_to(ROOT) if directory.is_relative_to(ROOT) else directory)
