"""Training: Vertex AI custom and tuning jobs, their result, and the gate before serving."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi

from components.gcp.code import MODULE, training_package
from components.gcp.labels import labels_of
from components.gcp.lake import Zone
from components.gcp.machines import Accelerator, machine_spec
from components.gcp.uploads import upload_code
from components.gcp.vertex.custom_job import CustomJob, CustomJobArgs
from components.gcp.vertex.tuning_job import TuningJob, TuningJobArgs
from components.naming import Sensitivity, content_name
from components.packaging import BUILD_DIRECTORY
from components.runs.quality_gate import accuracy_gate
from components.search import Search
from components.tags import with_sensitivity

OBJECTIVE: Final = "accuracy"
"""The metric that model_code/train.py reports to the tuning service: accuracy on validation."""
_NAME_LIMIT: Final = 128


@dataclass(frozen=True, kw_only=True)
class Container:
    """A training image of the user's own, in place of Google's."""

    image: str
    command: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """Data, code, hyper-parameters and machines."""

    project_id: str
    region: str
    image: str
    """Google's prebuilt training image; the package of model_code runs in it."""
    container: Container | None
    datasets: pulumi.Output[Mapping[str, str]]
    data_sha256: str
    code_directory: Path
    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    search: Search | None
    """Search for the hyper-parameters instead of taking those above."""
    min_accuracy: float
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    account_email: pulumi.Input[str]
    machine_type: str
    accelerator: Accelerator | None
    replica_count: int
    disk_gb: int
    max_runtime_minutes: int
    spot: bool
    """Train on spot machines: cheaper, may be interrupted, resumes from checkpoints."""
    keep_records: bool
    """Leave the job's record in the cloud when a newer job takes its place."""
    setting: str
    """The name of the configuration key of ``min_accuracy``, for the gate's message."""
    tags: Mapping[str, str]


class Training(pulumi.ComponentResource):
    """One job per content: the same data, code, hyper-parameters and machines never train twice.

    With a search, a tuning job finds the hyper-parameters and one more job trains with the best
    trial's: what is served is a model of its own job, measured like any other. Disks and output
    are encrypted with the stack's key. Nothing later is created before the job completed, its
    model's digest is known and the gate was passed.
    """

    model_data_url: pulumi.Output[str]
    model_sha256: pulumi.Output[str]
    job_name: pulumi.Output[str]
    metrics: pulumi.Output[Mapping[str, float]]
    evaluation: pulumi.Output[Mapping[str, float]]
    gate: pulumi.Resource
    """What a deployment depends on."""

    def __init__(
        self, name: str, args: TrainingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:gcp:Training", name, None, opts)
        self._args = args
        self._labels = labels_of(with_sensitivity(args.tags, Sensitivity.MODEL))
        code = training_package(args.code_directory, build=BUILD_DIRECTORY)
        self._code_uri = upload_code(
            f"{name}-training",
            code,
            bucket=args.bucket_names[Zone.ARTEFACTS],
            file_name="trimaran_training-1.0.tar.gz",
            parent=self,
        )
        job = self._train(name, self._hyper_parameters(name))
        self.model_data_url = job.model_data_url
        self.model_sha256 = job.model_sha256
        self.job_name = job.name
        self.evaluation = job.evaluation
        self.metrics = job.evaluation.apply(
            lambda found: {f"test:{metric}": value for metric, value in found.items()}
        )
        self.gate = accuracy_gate(
            name,
            evaluation=job.evaluation,
            minimum=args.min_accuracy,
            job_name=job.name,
            setting=args.setting,
            parent=self,
        )
        self.register_outputs(
            {
                "model_data_url": self.model_data_url,
                "model_sha256": self.model_sha256,
                "job_name": self.job_name,
                "metrics": self.metrics,
                "evaluation": self.evaluation,
            }
        )

    def _hyper_parameters(self, name: str) -> dict[str, pulumi.Input[str]]:
        args = self._args
        if args.search is None:
            return {
                "learning_rate": str(args.learning_rate),
                "batch_size": str(args.batch_size),
                "epochs": str(args.epochs),
            }
        best = self._tune(name, args.search).best_parameters
        return {
            "learning_rate": best["learning_rate"],
            "batch_size": best["batch_size"],
            "epochs": str(args.search.epochs),
        }

    def _train(self, name: str, parameters: Mapping[str, pulumi.Input[str]]) -> CustomJob:
        args = self._args
        spec = self._spec(parameters)
        job_name = self._content_name(f"{name}-training", spec)
        return CustomJob(
            f"{name}-training",
            CustomJobArgs(
                project=args.project_id,
                region=args.region,
                name=job_name,
                spec={**spec, "baseOutputDirectory": self._output(job_name)},
                kms_key_name=args.key_ids[Sensitivity.MODEL],
                labels=self._labels,
            ),
            self._options(),
        )

    def _tune(self, name: str, search: Search) -> TuningJob:
        args = self._args
        study = study_spec(search)
        spec = self._spec({"epochs": str(search.epochs)})
        counts = {"max": search.max_trials, "parallel": search.parallel_trials}
        job_name = self._content_name(
            f"{name}-tuning", {"study": study, "trial": spec, "counts": counts}
        )
        return TuningJob(
            f"{name}-tuning",
            TuningJobArgs(
                project=args.project_id,
                region=args.region,
                name=job_name,
                study_spec=study,
                trial_job_spec={**spec, "baseOutputDirectory": self._output(job_name)},
                max_trial_count=search.max_trials,
                parallel_trial_count=search.parallel_trials,
                kms_key_name=args.key_ids[Sensitivity.MODEL],
                labels=self._labels,
            ),
            self._options(),
        )

    def _spec(self, parameters: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
        """The CustomJobSpec, in the API's names."""
        args = self._args
        pool = {
            "machineSpec": machine_spec(args.machine_type, args.accelerator),
            "replicaCount": 1,
            "diskSpec": {"bootDiskType": "pd-ssd", "bootDiskSizeGb": args.disk_gb},
            **self._program(parameters),
        }
        pools = [pool]
        if args.replica_count > 1:
            pools.append({**pool, "replicaCount": args.replica_count - 1})
        minutes = 60
        return {
            "workerPoolSpecs": pools,
            "serviceAccount": args.account_email,
            "scheduling": {
                "timeout": f"{args.max_runtime_minutes * minutes}s",
                "restartJobOnWorkerRestart": args.spot,
                "strategy": "SPOT" if args.spot else "ON_DEMAND",
            },
        }

    def _program(self, parameters: Mapping[str, pulumi.Input[str]]) -> dict[str, Any]:
        args = self._args
        given = {**parameters, "seed": str(args.seed)}
        given |= {
            channel: args.datasets[channel]
            for channel in ("train", "validation", "test", "statistics")
        }
        arguments = [
            pulumi.Output.concat(f"--{key}=", value) if isinstance(value, pulumi.Output)
            else f"--{key}={value}"
            for key, value in given.items()
        ]  # fmt: skip
        if args.container is not None:
            return {
                "containerSpec": {
                    "imageUri": args.container.image,
                    "command": list(args.container.command),
                    "args": arguments,
                }
            }
        return {
            "pythonPackageSpec": {
                "executorImageUri": args.image,
                "packageUris": [self._code_uri],
                "pythonModule": MODULE,
                "args": arguments,
            }
        }

    def _output(self, job_name: pulumi.Output[str]) -> dict[str, Any]:
        bucket = self._args.bucket_names[Zone.ARTEFACTS]
        return {"outputUriPrefix": pulumi.Output.concat("gs://", bucket, "/training/", job_name)}

    def _options(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, retain_on_delete=self._args.keep_records)

    def _content_name(self, name: str, content: Mapping[str, Any]) -> pulumi.Output[str]:
        """A name from everything that makes the job what it is, the data's bytes included."""
        everything = pulumi.Output.all(
            content=content,
            data=self._args.data_sha256,
            key=self._args.key_ids[Sensitivity.MODEL],
        )
        return everything.apply(lambda known: content_name(name, known, limit=_NAME_LIMIT))


def study_spec(search: Search) -> dict[str, Any]:
    """The StudySpec, in the API's names."""
    low, high = search.learning_rate
    scale = "UNIT_LOG_SCALE" if search.log_scale else "UNIT_LINEAR_SCALE"
    study: dict[str, Any] = {
        "metrics": [{"metricId": OBJECTIVE, "goal": "MAXIMIZE"}],
        "parameters": [
            {
                "parameterId": "learning_rate",
                "doubleValueSpec": {"minValue": low, "maxValue": high},
                "scaleType": scale,
            },
            {
                "parameterId": "batch_size",
                "discreteValueSpec": {"values": list(search.batch_sizes)},
                "scaleType": "UNIT_LINEAR_SCALE",
            },
        ],
    }
    if search.early_stopping:
        study["medianAutomatedStoppingSpec"] = {"useElapsedDuration": False}
    return study
