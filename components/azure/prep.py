"""Data preparation: a command job that runs in `up`."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi

from components.azure.identity import Identified
from components.azure.jobs import Runtime, command_job, run_job
from components.azure.lake import Zone
from components.azure.runs.job_result import JobResult, JobResultArgs
from components.azure.uploads import (
    Library,
    folder_uri,
    register_code,
    register_data,
    register_environment,
)
from components.naming import HASH_LENGTH, Sensitivity, content_hash, content_name
from components.packaging import CodeArchive, pack_distributions, pack_modules, pack_with
from components.sealing import Seal, stored_name
from components.tags import with_sensitivity

_SETS = ("train", "validation", "test", "statistics")
_LIBRARIES = "libraries.zip"
# What model_code/encryption asks a vault with, which Microsoft's image lacks; all but what is
# there for MLflow: cryptography and requests.
_KEY_CLIENT = (
    "azure-core",
    "azure-identity",
    "azure-keyvault-keys",
    "isodate",
    "msal",
    "msal-extensions",
    "pyjwt",
    "typing-extensions",
)


@dataclass(frozen=True, kw_only=True)
class PrepArgs:
    """The raw table, what to keep of it, and where the job runs."""

    table: str
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
    """Folder of the raw table, known once the file is there."""
    library: Library
    image: str
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    compute_id: pulumi.Input[str]
    identity: Identified
    code_directory: Path
    timeout_minutes: int
    tags: Mapping[str, str]


class Prep(pulumi.ComponentResource):
    """The job's run is part of `up`, and runs again only when data, code or columns change.

    The raw table and the prepared one are data assets, whose versions are named from their content:
    what a model has learned from can be found years later. Each run writes to a folder of its own,
    so that nothing that a training job reads is ever overwritten. A sealed table is opened in the
    job, as the job's own identity.
    """

    datasets: pulumi.Output[Mapping[str, str]]
    """Folders of ``train``, ``validation``, ``test``, ``statistics``, once they are there."""
    job_name: pulumi.Output[str]
    code_sha256: str
    """Of the modules that the job ran with."""

    def __init__(
        self, name: str, args: PrepArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Prep", name, None, opts)
        self._args = args
        modules = pack_modules(args.code_directory, entries=["prepare"])
        self.code_sha256 = modules.sha256
        code = self._with_key_client(modules)
        settings = {
            "--features": ",".join(args.features),
            "--target": args.target,
            "--seed": str(args.seed),
            "--train_fraction": str(args.train_fraction),
            "--validation_fraction": str(args.validation_fraction),
            **(args.seal.arguments if args.seal else {}),
        }
        content = {
            "data": args.data_sha256,
            "code": code.sha256,
            "settings": settings,
            "image": args.image,
        }
        run_name = content_name(f"{name}-prep".lower(), content)
        tags = with_sensitivity(args.tags, Sensitivity.DATA)
        table = register_data(
            f"{name}-{args.table}",
            # The datastore that the address names must be there as well as the file.
            pulumi.Output.all(args.raw_table_uri, args.library.datastores[Zone.RAW]).apply(
                lambda known: str(known[0])
            ),
            version=args.data_sha256[:HASH_LENGTH],
            library=args.library,
            parent=self,
        )
        prepared = folder_uri(args.library, Zone.PROCESSED, f"{args.table}/{run_name}")
        runtime = Runtime(
            compute_id=args.compute_id,
            identity=args.identity,
            environment_id=register_environment(
                f"{name}-prep", args.image, library=args.library, parent=self
            ),
            code_id=register_code(
                f"{name}-prep", code, folder="prep", library=args.library, parent=self
            ),
            timeout_minutes=args.timeout_minutes,
        )
        job = run_job(
            f"{name}-prep",
            run_name,
            command_job(
                runtime,
                experiment=name,
                display_name=run_name,
                command=self._command(settings),
                environment=self._environment(),
                inputs={"table": table},
                outputs={"prepared": prepared},
                tags=tags,
            ),
            library=args.library,
            parent=self,
        )
        result = JobResult(
            f"{name}-prep",
            JobResultArgs(
                job_id=job.id,
                account_url=args.library.account_url,
                model_file=None,
                timeout_minutes=args.timeout_minutes,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.job_name = result.job_name
        done = pulumi.Output.all(prepared, result.status).apply(lambda known: str(known[0]))
        self.datasets = register_data(
            f"{name}-{args.table}-prepared",
            done,
            version=content_hash(content),
            library=args.library,
            parent=self,
        ).apply(lambda folder: {part: f"{folder}{part}/" for part in _SETS})
        self.register_outputs({"datasets": self.datasets, "job_name": self.job_name})

    def _command(self, settings: Mapping[str, str]) -> pulumi.Input[str]:
        args = self._args
        file = shlex.quote(stored_name(args.file_name, args.seal))
        given = " ".join(f"{key} {shlex.quote(value)}" for key, value in settings.items())
        command = (
            f"python prepare.py --input ${{{{inputs.table}}}}/{file} "
            f"--output ${{{{outputs.prepared}}}} {given}"
        )
        if args.seal is None:
            return command
        return pulumi.Output.concat(command, " --seal_key ", args.key_ids[Sensitivity.SEALED])

    def _environment(self) -> Mapping[str, pulumi.Input[str]] | None:
        if self._args.seal is None:
            return None
        return {
            # The compute may have other identities as well.
            "AZURE_CLIENT_ID": self._args.identity.client_id,
            "PYTHONPATH": _LIBRARIES,
        }

    def _with_key_client(self, modules: CodeArchive) -> CodeArchive:
        if self._args.seal is None:
            return modules
        libraries = pack_distributions("key-client", _KEY_CLIENT)
        return pack_with(modules, {_LIBRARIES: libraries})
