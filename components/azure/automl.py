"""AutoML: what the service finds by itself, to compare the project's own model with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_azure_native as azure

from components.azure.jobs import Runtime, job_name, run_job
from components.azure.lake import Zone
from components.azure.runs.blob_upload import BlobUpload, BlobUploadArgs
from components.azure.runs.job_result import JobResult, JobResultArgs
from components.azure.uploads import Library, folder_uri
from components.naming import Sensitivity
from components.packaging import BUILD_DIRECTORY, ROOT
from components.tags import with_sensitivity

ml = azure.machinelearningservices

_PARTS: Final = ("train", "validation", "test")
# Tells AutoML how the files of a folder are read.
# https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable
_TABLE: Final = """\
type: mltable
paths:
  - pattern: {folder}*.parquet
transformations:
  - read_parquet
"""


@dataclass(frozen=True, kw_only=True)
class AutoMLArgs:
    """Data and limits of the search."""

    library: Library
    datasets: pulumi.Output[Mapping[str, str]]
    data_sha256: str
    target: str
    trials: int
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    runtime: Runtime
    tags: Mapping[str, str]


class AutoML(pulumi.ComponentResource):
    """A classification job over the service's own algorithms, on the same three splits.

    Its best model is not deployed: it has the service's format, not model_code's. What it tells is
    how good a model can be on this data.
    """

    job_name: pulumi.Output[str]
    metrics: pulumi.Output[Mapping[str, float]]
    model_uri: pulumi.Output[str]

    def __init__(
        self, name: str, args: AutoMLArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:AutoML", name, None, opts)
        self._args = args
        tables = {part: self._table(f"{name}-automl-{part}", part) for part in _PARTS}
        content = {
            "data": args.data_sha256,
            "datasets": args.datasets,
            "target": args.target,
            "trials": args.trials,
        }
        job = run_job(
            f"{name}-automl",
            job_name(f"{name}-automl", content),
            self._job(name, tables),
            library=args.library,
            parent=self,
        )
        result = JobResult(
            f"{name}-automl",
            JobResultArgs(
                job_id=job.id,
                account_url=args.library.account_url,
                model_file=None,
                timeout_minutes=args.runtime.timeout_minutes * 2,
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.job_name = result.job_name
        self.metrics = result.metrics
        self.model_uri = result.model_uri
        self.register_outputs({"job_name": self.job_name, "metrics": self.metrics})

    def _table(self, name: str, part: str) -> pulumi.Output[str]:
        """Uploads the description of one split; returns the address of its folder."""
        args = self._args
        container = args.bucket_names[Zone.PROCESSED]
        written = args.datasets[part].apply(_write)
        folder = written.apply(lambda file: f"automl/{file['sha256'][:16]}/{part}")
        file = BlobUpload(
            name,
            BlobUploadArgs(
                account_url=args.library.account_url,
                container=container,
                path=pulumi.Output.concat(folder, "/MLTable"),
                source=written["path"],
                sha256=written["sha256"],
            ),
            pulumi.ResourceOptions(parent=self, delete_before_replace=False),
        )
        uri = folder_uri(args.library, Zone.PROCESSED, folder)
        return pulumi.Output.all(uri, file.url).apply(lambda known: str(known[0]))

    def _job(
        self, name: str, tables: Mapping[str, pulumi.Output[str]]
    ) -> azure.machinelearningservices.AutoMLJobArgs:
        args = self._args
        data = {
            part: ml.MLTableJobInputArgs(job_input_type="mltable", uri=uri)
            for part, uri in tables.items()
        }
        return ml.AutoMLJobArgs(
            job_type="AutoML",
            display_name=f"{name}-automl",
            experiment_name=name,
            compute_id=args.runtime.compute_id,
            identity=ml.ManagedIdentityArgs(
                identity_type="Managed", client_id=args.runtime.identity.client_id
            ),
            task_details=ml.ClassificationArgs(
                task_type="Classification",
                training_data=data["train"],
                validation_data=data["validation"],
                test_data=data["test"],
                target_column_name=args.target,
                primary_metric=ml.ClassificationPrimaryMetrics.ACCURACY,
                limit_settings=ml.TableVerticalLimitSettingsArgs(
                    max_trials=args.trials,
                    max_concurrent_trials=1,
                    timeout=f"PT{args.runtime.timeout_minutes}M",
                    enable_early_termination=True,
                ),
            ),
            tags=with_sensitivity(args.tags, Sensitivity.MODEL),
        )


def _write(folder: str) -> dict[str, str]:
    """The description of ``folder`` as a file of the build; its path and digest."""
    data = _TABLE.format(folder=folder).encode()
    digest = hashlib.sha256(data).hexdigest()
    path = BUILD_DIRECTORY / f"mltable-{digest[:16]}.yaml"
    BUILD_DIRECTORY.mkdir(exist_ok=True)
    path.write_bytes(data)
    return {"path": str(path.relative_to(ROOT)), "sha256": digest}
