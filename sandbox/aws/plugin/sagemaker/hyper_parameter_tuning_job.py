"""``aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob``."""

from typing import Any

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import enumerated
from sandbox.aws.plugin.sagemaker_resource import (
    SageMakerResource,
    name_rule,
    spot_rule,
    stop,
    volume_key_rule,
    wait_for,
)
from sandbox.plugins.naming import AutoName
from sandbox.plugins.rules import Rule, between, exactly_one

_STOP_SECONDS = 1800.0
_DEFINITIONS = ("trainingJobDefinition", "trainingJobDefinitions[]")


def _definition_rules(path: str) -> tuple[Rule, ...]:
    instances = f"{path}.hyperParameterTuningResourceConfig"
    return (
        enumerated(f"{path}.resourceConfig.instanceType", "sagemaker", "TrainingInstanceType"),
        enumerated(f"{instances}.instanceType", "sagemaker", "TrainingInstanceType"),
        volume_key_rule(f"{path}.resourceConfig", key="volumeKmsKeyId"),
        volume_key_rule(instances, key="volumeKmsKeyId"),
        spot_rule(path),
    )


class HyperParameterTuningJob(SageMakerResource):
    """A tuning job. Creating it starts it and does not wait for its end.

    Source: ``hyper_parameter_tuning_job.go`` of terraform-provider-aws, pull request 47138.
    """

    token = "aws:sagemaker/hyperParameterTuningJob:HyperParameterTuningJob"
    auto_name = AutoName("name", 32)
    names = {
        "name": "HyperParameterTuningJobName",
        "config": "HyperParameterTuningJobConfig",
        "objective": "HyperParameterTuningJobObjective",
        "status": "HyperParameterTuningJobStatus",
    }
    create_operation = "CreateHyperParameterTuningJob"
    describe_operation = "DescribeHyperParameterTuningJob"
    delete_operation = "DeleteHyperParameterTuningJob"
    identity = "HyperParameterTuningJobName"
    arn_member = "HyperParameterTuningJobArn"
    immutable = frozenset(
        {
            "autotune",
            "config",
            "name",
            "region",
            "trainingJobDefinition",
            "trainingJobDefinitions",
            "warmStartConfig",
        }
    )
    mutable = frozenset({"tags", "timeouts"})
    local = frozenset({"timeouts"})
    sets = frozenset(
        {
            "categoricalParameterRanges",
            "continuousParameterRanges",
            "integerParameterRanges",
            "securityGroupIds",
            "subnets",
        }
    )
    rules = (
        name_rule("name", 32),
        exactly_one("trainingJobDefinition", "trainingJobDefinitions"),
        enumerated("config.strategy", "sagemaker", "HyperParameterTuningJobStrategyType"),
        enumerated("config.objective.type", "sagemaker", "HyperParameterTuningJobObjectiveType"),
        between("config.resourceLimits.maxNumberOfTrainingJobs", 1, 1000),
        between("config.resourceLimits.maxParallelTrainingJobs", 1, 100),
        between("config.resourceLimits.maxRuntimeInSeconds", 120, 15_768_000),
        *(rule for path in _DEFINITIONS for rule in _definition_rules(path)),
    )

    def properties(self, found: dict[str, Any]) -> dict[str, Any]:
        result = super().properties(found)
        for definition in _each(result):
            # SageMaker adds static hyper-parameters of its own, which start with an underscore.
            own = definition.get("staticHyperParameters") or {}
            definition["staticHyperParameters"] = {
                key: value for key, value in own.items() if not key.startswith("_")
            }
        return result

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        def status() -> str | None:
            return str(self.described(cloud, resource_id)["HyperParameterTuningJobStatus"])

        if status() == "InProgress":
            name = {"HyperParameterTuningJobName": resource_id}
            stop(cloud, "stop_hyper_parameter_tuning_job", **name)
        running = {"InProgress", "Stopping"}
        wait_for(cloud, f"tuning job {resource_id}", status, running, _STOP_SECONDS)
        super().remove(cloud, resource_id, outputs)


def _each(properties: dict[str, Any]) -> list[dict[str, Any]]:
    single = properties.get("trainingJobDefinition")
    many = properties.get("trainingJobDefinitions") or []
    return [*([single] if single else []), *many]
