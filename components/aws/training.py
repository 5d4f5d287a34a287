"""Training: a SageMaker training job or tuning job, its result, and the gate before serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_aws as aws

from components.aws.instances import has_local_storage
from components.aws.lake import Zone
from components.aws.network import Placement
from components.aws.runs.leftovers import leftover_hooks
from components.aws.runs.training_result import TrainingResult, TrainingResultArgs
from components.aws.uploads import upload_code
from components.naming import Sensitivity, content_name
from components.packaging import pack_directory
from components.runs.quality_gate import accuracy_gate
from components.search import Search
from components.tags import with_sensitivity

# Exactly what model_code/train.py prints; the cloud finds the numbers in the log.
METRICS: Final = {
    "train:loss": r"train_loss=([0-9.eE+-]+)",
    "validation:accuracy": r"validation_accuracy=([0-9.eE+-]+)",
    "validation:loss": r"validation_loss=([0-9.eE+-]+)",
    "test:accuracy": r"test_accuracy=([0-9.eE+-]+)",
}
OBJECTIVE: Final = "validation:accuracy"
CODE_CHANNEL: Final = "code"
_TRAINING_NAME_LIMIT: Final = 63
_TUNING_NAME_LIMIT: Final = 32


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """Data, code, hyper-parameters and machines."""

    region: str
    image: pulumi.Input[str]
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
    role_arn: pulumi.Input[str]
    instance_type: str
    instance_count: int
    volume_gb: int
    max_runtime_minutes: int
    spot_wait_minutes: int | None
    """Train on spot machines and wait for them this long, the run included; none: on demand."""
    placement: Placement | None
    keep_records: bool
    """Leave the job's record in the cloud when a newer job takes its place."""
    setting: str
    """The name of the configuration key of ``min_accuracy``, for the gate's message."""
    tags: Mapping[str, str]


class Training(pulumi.ComponentResource):
    """One job per content: the same data, code, hyper-parameters and machines never train twice.

    Volumes, output and traffic between instances are encrypted, and the containers have no network
    (which is why the code comes in through a channel of its own). Nothing later is created before
    the job completed, its artefact's digest is known and the gate was passed.
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
        super().__init__("trimaran:aws:Training", name, None, opts)
        self._args = args
        self._tags = with_sensitivity(args.tags, Sensitivity.MODEL)
        code = pack_directory(args.code_directory)
        code_uri = upload_code(
            f"{name}-training",
            code,
            bucket=args.bucket_names[Zone.ARTEFACTS],
            file_name="training/sourcedir.tar.gz",
            key_id=args.key_ids[Sensitivity.MODEL],
            tags=args.tags,
            parent=self,
        )
        job = self._job(code_uri)
        if args.search is None:
            result_args = self._train(name, job)
        else:
            result_args = self._tune(name, job, args.search)
        result = TrainingResult(
            f"{name}-training", result_args, pulumi.ResourceOptions(parent=self)
        )
        self.model_data_url = result.model_data_url
        self.model_sha256 = result.model_sha256
        self.job_name = result.best_training_job_name
        self.metrics = result.metrics
        self.evaluation = result.evaluation
        self.gate = accuracy_gate(
            name,
            evaluation=result.evaluation,
            minimum=args.min_accuracy,
            job_name=result.best_training_job_name,
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

    def _hyper_parameters(self) -> dict[str, str]:
        args = self._args
        return {
            "learning_rate": str(args.learning_rate),
            "batch_size": str(args.batch_size),
            "epochs": str(args.epochs),
            "seed": str(args.seed),
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"/opt/ml/input/data/{CODE_CHANNEL}/sourcedir.tar.gz",
        }

    def _job(self, code_uri: pulumi.Output[str]) -> dict[str, Any]:
        """What a training job and a tuning job's definition have in common."""
        args = self._args
        artefacts = pulumi.Output.concat("s3://", args.bucket_names[Zone.ARTEFACTS], "/training")
        channels = {
            name: args.datasets[name] for name in ("train", "validation", "test", "statistics")
        }
        channels[CODE_CHANNEL] = code_uri.apply(lambda uri: uri.rsplit("/", 1)[0] + "/")
        minutes = 60
        stopping = {"max_runtime_in_seconds": args.max_runtime_minutes * minutes}
        if args.spot_wait_minutes is not None:
            stopping["max_wait_time_in_seconds"] = args.spot_wait_minutes * minutes
        job: dict[str, Any] = {
            "role_arn": args.role_arn,
            "enable_network_isolation": True,
            "enable_inter_container_traffic_encryption": args.instance_count > 1,
            "enable_managed_spot_training": args.spot_wait_minutes is not None,
            "input_data_configs": [_channel(name, uri) for name, uri in channels.items()],
            "output_data_config": {
                "s3_output_path": artefacts,
                "kms_key_id": args.key_ids[Sensitivity.MODEL],
            },
            "resource_config": self._machines(),
            "stopping_condition": stopping,
        }
        if args.spot_wait_minutes is not None:
            job["checkpoint_config"] = {"s3_uri": pulumi.Output.concat(artefacts, "/checkpoints")}
        if args.placement is not None:
            job["vpc_config"] = {
                "security_group_ids": [args.placement.security_group_id],
                "subnets": args.placement.subnet_ids,
            }
        return job

    def _machines(self) -> dict[str, Any]:
        args = self._args
        machines: dict[str, Any] = {
            "instance_type": args.instance_type,
            "instance_count": args.instance_count,
            "volume_size_in_gb": args.volume_gb,
        }
        if not has_local_storage(args.instance_type):
            machines["volume_kms_key_id"] = args.key_ids[Sensitivity.MODEL]
        return machines

    def _algorithm(self) -> dict[str, Any]:
        return {
            "training_image": self._args.image,
            "training_input_mode": "File",
            "metric_definitions": [
                {"name": metric, "regex": regex} for metric, regex in METRICS.items()
            ],
        }

    def _options(self) -> pulumi.ResourceOptions:
        minutes = self._args.spot_wait_minutes or self._args.max_runtime_minutes
        create = f"{minutes + 30}m"  # and half an hour to find machines and to store the model
        return pulumi.ResourceOptions(
            parent=self,
            custom_timeouts=pulumi.CustomTimeouts(create=create),
            retain_on_delete=self._args.keep_records,
            hooks=leftover_hooks(),
            # A new job has a new name: the old one, whose model serves, goes afterwards.
            delete_before_replace=False,
        )

    def _content_name(
        self, name: str, content: Mapping[str, Any], *, limit: int
    ) -> pulumi.Output[str]:
        """A name from everything that makes the job what it is, the data's bytes included."""
        everything = pulumi.Output.all(content=content, data=self._args.data_sha256)
        return everything.apply(lambda known: content_name(name, known, limit=limit))

    def _train(self, name: str, job: dict[str, Any]) -> TrainingResultArgs:
        content = {
            **job,
            "algorithm_specification": self._algorithm(),
            "hyper_parameters": self._hyper_parameters(),
        }
        training = aws.sagemaker.TrainingJob(
            f"{name}-training",
            training_job_name=self._content_name(name, content, limit=_TRAINING_NAME_LIMIT),
            tags=self._tags,
            opts=self._options(),
            **content,
        )
        return TrainingResultArgs(
            training_job_name=training.training_job_name, region=self._args.region
        )

    def _tune(self, name: str, job: dict[str, Any], search: Search) -> TrainingResultArgs:
        searched = {"learning_rate", "batch_size", "epochs"}
        static = {k: v for k, v in self._hyper_parameters().items() if k not in searched}
        definition = {
            **job,
            "algorithm_specification": self._algorithm(),
            "static_hyper_parameters": {**static, "epochs": str(search.epochs)},
        }
        content: dict[str, Any] = {
            "config": _search_config(search, seed=self._args.seed),
            "training_job_definition": definition,
        }
        tuning = aws.sagemaker.HyperParameterTuningJob(
            f"{name}-tuning",
            name=self._content_name(name, content, limit=_TUNING_NAME_LIMIT),
            tags=self._tags,
            opts=self._options(),
            **content,
        )
        return TrainingResultArgs(tuning_job_name=tuning.name, region=self._args.region)


def _channel(name: str, uri: pulumi.Output[str]) -> dict[str, Any]:
    return {
        "channel_name": name,
        "input_mode": "File",
        "data_source": {
            "s3_data_source": {
                "s3_data_type": "S3Prefix",
                "s3_uri": uri,
                "s3_data_distribution_type": "FullyReplicated",
            }
        },
    }


def _search_config(search: Search, *, seed: int) -> dict[str, Any]:
    """The tuning job's configuration: SageMaker has no discrete range, so sizes are categories."""
    low, high = search.learning_rate
    return {
        "strategy": "Bayesian",
        "random_seed": seed,
        "objective": {"metric_name": OBJECTIVE, "type": "Maximize"},
        "training_job_early_stopping_type": "Auto" if search.early_stopping else "Off",
        "resource_limits": {
            "max_number_of_training_jobs": search.max_trials,
            "max_parallel_training_jobs": search.parallel_trials,
        },
        "parameter_ranges": {
            "continuous_parameter_ranges": [
                {
                    "name": "learning_rate",
                    "min_value": str(low),
                    "max_value": str(high),
                    "scaling_type": "Logarithmic" if search.log_scale else "Linear",
                }
            ],
            "categorical_parameter_ranges": [
                {"name": "batch_size", "values": [str(size) for size in search.batch_sizes]}
            ],
        },
    }
