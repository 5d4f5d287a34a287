"""Training: Azure ML command and sweep jobs, their result, and the gate before serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pulumi
import pulumi_azure_native as azure

from components.azure.automl import AutoML, AutoMLArgs
from components.azure.identity import Identified
from components.azure.jobs import Runtime, command_job, job_name, run_job
from components.azure.lake import Zone
from components.azure.runs.job_result import JobResult, JobResultArgs
from components.azure.sweep import best_value, sweep_job
from components.azure.uploads import Library, folder_uri, register_code, register_environment
from components.naming import Sensitivity
from components.packaging import pack_modules
from components.runs.quality_gate import accuracy_gate
from components.search import Search
from components.tags import with_sensitivity

ml = azure.machinelearningservices

_CHANNELS: Final = ("train", "validation", "test", "statistics")
# Expands to the job's own name, in trials and in scheduled runs as well.
_ITS_NAME: Final = "${{name}}"


@dataclass(frozen=True, kw_only=True)
class TrainingArgs:
    """Data, code, hyper-parameters and machines."""

    library: Library
    image: str
    """Microsoft's image; model_code runs in it as it is."""
    datasets: pulumi.Output[Mapping[str, str]]
    data_sha256: str
    target: str
    code_directory: Path
    learning_rate: float
    batch_size: int
    epochs: int
    seed: int
    search: Search | None
    """Search for the hyper-parameters instead of taking those above."""
    automl_trials: int
    """Trials of an AutoML job beside it, for comparison; 0: none."""
    retraining_schedule: str | None
    """When to train again by itself, as a cron expression in UTC; its model is not deployed."""
    min_accuracy: float
    bucket_names: Mapping[Zone, pulumi.Output[str]]
    key_ids: Mapping[Sensitivity, pulumi.Output[str]]
    compute_id: pulumi.Input[str]
    identity: Identified
    max_runtime_minutes: int
    setting: str
    """The name of the configuration key of ``min_accuracy``, for the gate's message."""
    tags: Mapping[str, str]


class Training(pulumi.ComponentResource):
    """One job per content: the same data, code, hyper-parameters and image never train twice.

    With a search, a sweep job finds the hyper-parameters and one more job trains with the best
    trial's: what is served is a model of its own job, measured like any other. It is written to
    ``training/JOB/outputs/model.pkl``. Nothing later is created before the job completed, its
    model's digest is known and the gate was passed.
    """

    model_data_url: pulumi.Output[str]
    """``https://…/model.pkl``."""
    model_sha256: pulumi.Output[str]
    job_name: pulumi.Output[str]
    metrics: pulumi.Output[Mapping[str, float]]
    evaluation: pulumi.Output[Mapping[str, float]]
    automl: AutoML | None
    gate: pulumi.Resource
    """What a deployment depends on."""

    def __init__(
        self, name: str, args: TrainingArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("trimaran:azure:Training", name, None, opts)
        self._name = name
        self._args = args
        self._tags = with_sensitivity(args.tags, Sensitivity.MODEL)
        modules = pack_modules(args.code_directory)
        self._code_sha256 = modules.sha256
        self._runtime = Runtime(
            compute_id=args.compute_id,
            identity=args.identity,
            environment_id=register_environment(
                f"{name}-training", args.image, library=args.library, parent=self
            ),
            code_id=register_code(
                f"{name}-training", modules, folder="training", library=args.library, parent=self
            ),
            timeout_minutes=args.max_runtime_minutes,
        )
        parameters = self._hyper_parameters()
        result = self._train(parameters)
        if args.retraining_schedule is not None:
            self._retrain(parameters, args.retraining_schedule)
        self.automl = self._automl() if args.automl_trials else None
        self.model_data_url = result.model_url
        self.model_sha256 = result.model_sha256
        self.job_name = result.job_name
        self.evaluation = result.evaluation
        self.metrics = result.evaluation.apply(
            lambda found: {f"test:{metric}": value for metric, value in found.items()}
        )
        self.gate = accuracy_gate(
            name,
            evaluation=result.evaluation,
            minimum=args.min_accuracy,
            job_name=result.job_name,
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

    def _hyper_parameters(self) -> dict[str, pulumi.Input[str]]:
        args = self._args
        if args.search is None:
            return {
                "learning_rate": str(args.learning_rate),
                "batch_size": str(args.batch_size),
                "epochs": str(args.epochs),
            }
        best = self._tune(args.search).best_parameters
        return {
            "learning_rate": best.apply(lambda found: best_value(found, "learning_rate")),
            "batch_size": best.apply(lambda found: best_value(found, "batch_size")),
            "epochs": str(args.search.epochs),
        }

    def _train(self, parameters: Mapping[str, pulumi.Input[str]]) -> JobResult:
        args, name = self._args, f"{self._name}-training"
        run_name = job_name(name, self._content(parameters))
        job = run_job(
            name,
            run_name,
            self._job(parameters, run_name),
            library=args.library,
            parent=self,
        )
        folder = pulumi.Output.concat(
            args.library.account_url, args.bucket_names[Zone.ARTEFACTS], "/training/", run_name
        )
        return JobResult(
            name,
            JobResultArgs(
                job_id=job.id,
                account_url=args.library.account_url,
                output_url=pulumi.Output.concat(folder, "/outputs/"),
                # Low-priority machines come when there are some.
                timeout_minutes=args.max_runtime_minutes * 2,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _tune(self, search: Search) -> JobResult:
        args, name = self._args, f"{self._name}-tuning"
        parameters = {"epochs": str(search.epochs)}
        properties = sweep_job(
            self._runtime,
            search,
            experiment=self._name,
            display_name=name,
            command=self._command(
                {
                    "learning_rate": "${{search_space.learning_rate}}",
                    "batch_size": "${{search_space.batch_size}}",
                    **parameters,
                }
            ),
            inputs=self._inputs(),
            outputs=self._outputs(_ITS_NAME),
            seed=args.seed,
            tags=self._tags,
        )
        content = {**self._content(parameters), "search": vars(search)}
        job = run_job(
            name,
            job_name(name, content),
            properties,
            library=args.library,
            parent=self,
        )
        rounds = -(-search.max_trials // search.parallel_trials)
        return JobResult(
            name,
            JobResultArgs(
                job_id=job.id,
                account_url=args.library.account_url,
                model_file=None,
                timeout_minutes=args.max_runtime_minutes * rounds * 2,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _retrain(self, parameters: Mapping[str, pulumi.Input[str]], schedule: str) -> None:
        args, name = self._args, f"{self._name}-retraining"
        ml.Schedule(
            name,
            resource_group_name=args.library.resource_group_name,
            workspace_name=args.library.workspace_name,
            name=name,
            properties=ml.SchedulePropertiesArgs(
                display_name=name,
                is_enabled=True,
                trigger=ml.CronTriggerArgs(
                    trigger_type="Cron", expression=schedule, time_zone="UTC"
                ),
                action=ml.JobScheduleActionArgs(
                    action_type="CreateJob",
                    job_definition=self._job(parameters, _ITS_NAME),
                ),
                tags=self._tags,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _automl(self) -> AutoML:
        args = self._args
        return AutoML(
            self._name,
            AutoMLArgs(
                library=args.library,
                datasets=args.datasets,
                data_sha256=args.data_sha256,
                target=args.target,
                trials=args.automl_trials,
                bucket_names=args.bucket_names,
                runtime=self._runtime,
                tags=args.tags,
            ),
            pulumi.ResourceOptions(parent=self),
        )

    def _job(
        self, parameters: Mapping[str, pulumi.Input[str]], run_name: pulumi.Input[str]
    ) -> azure.machinelearningservices.CommandJobArgs:
        return command_job(
            self._runtime,
            experiment=self._name,
            display_name=f"{self._name}-training",
            command=self._command(parameters),
            inputs=self._inputs(),
            outputs=self._outputs(run_name),
            tags=self._tags,
        )

    def _command(self, parameters: Mapping[str, pulumi.Input[str]]) -> pulumi.Output[str]:
        given: dict[str, pulumi.Input[str]] = {**parameters, "seed": str(self._args.seed)}
        given |= {channel: f"${{{{inputs.{channel}}}}}" for channel in _CHANNELS}
        given |= dict.fromkeys(("model_dir", "output_data_dir"), "${{outputs.outputs}}")
        flags: list[Any] = [part for key, value in given.items() for part in (f" --{key} ", value)]
        return pulumi.Output.concat("python train.py", *flags)

    def _inputs(self) -> dict[str, pulumi.Input[str]]:
        return {channel: self._args.datasets[channel] for channel in _CHANNELS}

    def _outputs(self, run_name: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        path = pulumi.Output.concat("training/", run_name, "/outputs")
        return {"outputs": folder_uri(self._args.library, Zone.ARTEFACTS, path)}

    def _content(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Everything that makes the job what it is, the data's bytes included."""
        args = self._args
        return {
            "parameters": {**parameters, "seed": args.seed},
            "datasets": args.datasets,
            "data": args.data_sha256,
            "code": self._code_sha256,
            "image": args.image,
            "key": args.key_ids[Sensitivity.MODEL],
        }
