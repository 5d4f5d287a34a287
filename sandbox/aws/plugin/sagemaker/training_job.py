"""``aws:sagemaker/trainingJob:TrainingJob``."""

from plugin.handler import Properties
from sandbox.aws.plugin.cloud import Cloud
from sandbox.aws.plugin.rules import arn, enumerated
from sandbox.aws.plugin.sagemaker_resource import (
    SageMakerResource,
    name_rule,
    spot_rule,
    stop,
    volume_key_rule,
    wait_for,
)
from sandbox.plugins.rules import between, longest, matches

_STOP_SECONDS = 2700.0


class TrainingJob(SageMakerResource):
    """A training job. Creating it starts it and does not wait for its end.

    Deleting stops a job that still runs and removes its record.
    Source: ``training_job.go`` of terraform-provider-aws, pull request 46892.
    """

    token = "aws:sagemaker/trainingJob:TrainingJob"
    create_operation = "CreateTrainingJob"
    describe_operation = "DescribeTrainingJob"
    delete_operation = "DeleteTrainingJob"
    identity = "TrainingJobName"
    identified_by = "trainingJobName"
    arn_member = "TrainingJobArn"
    immutable = frozenset(
        {
            "algorithmSpecification",
            "checkpointConfig",
            "enableInterContainerTrafficEncryption",
            "enableManagedSpotTraining",
            "enableNetworkIsolation",
            "environment",
            "experimentConfig",
            "hyperParameters",
            "inputDataConfigs",
            "outputDataConfig",
            "region",
            "resourceConfig",
            "retryStrategy",
            "roleArn",
            "stoppingCondition",
            "trainingJobName",
            "vpcConfig",
        }
    )
    mutable = frozenset(
        {"deleteModelPackagesOnDestroy", "deleteVpcEnisOnDestroy", "tags", "timeouts"}
    )
    mutable_paths = ("resourceConfig.keepAlivePeriodInSeconds",)
    local = frozenset({"deleteModelPackagesOnDestroy", "deleteVpcEnisOnDestroy", "timeouts"})
    defaults = {"deleteModelPackagesOnDestroy": False, "deleteVpcEnisOnDestroy": False}
    sets = frozenset({"securityGroupIds", "subnets"})
    rules = (
        name_rule("trainingJobName"),
        arn("roleArn"),
        enumerated("resourceConfig.instanceType", "sagemaker", "TrainingInstanceType"),
        enumerated(
            "resourceConfig.instanceGroups[].instanceType", "sagemaker", "TrainingInstanceType"
        ),
        enumerated("algorithmSpecification.trainingInputMode", "sagemaker", "TrainingInputMode"),
        between("resourceConfig.instanceCount", 0, 1_000_000),
        between("resourceConfig.volumeSizeInGb", 0, 16_384),
        between("retryStrategy.maximumRetryAttempts", 1, 30),
        between("stoppingCondition.maxRuntimeInSeconds", 1, 2_419_200),
        between("stoppingCondition.maxWaitTimeInSeconds", 1, 2_419_200),
        between("stoppingCondition.maxPendingTimeInSeconds", 7200, 2_419_200),
        matches(
            "inputDataConfigs[].channelName",
            r"[A-Za-z0-9\.\-_]{1,64}",
            "at most 64 letters, digits, dots, hyphens and underscores",
        ),
        matches("outputDataConfig.s3OutputPath", r"(https|s3)://([^/]+)/?(.*)", "an S3 URI"),
        matches("checkpointConfig.s3Uri", r"(https|s3)://([^/]+)/?(.*)", "an S3 URI"),
        longest("algorithmSpecification.metricDefinitions[].regex", 500),
        volume_key_rule("resourceConfig", key="volumeKmsKeyId"),
        spot_rule(),
    )

    def change(
        self, cloud: Cloud, resource_id: str, old: Properties, new: Properties, changed: set[str]
    ) -> None:
        if "resourceConfig" in changed:
            period = (new.get("resourceConfig") or {}).get("keepAlivePeriodInSeconds", 0)
            kept = {"KeepAlivePeriodInSeconds": period}
            cloud.run(
                "sagemaker", "update_training_job", TrainingJobName=resource_id, ResourceConfig=kept
            )

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        def status() -> str | None:
            return str(self.described(cloud, resource_id)["TrainingJobStatus"])

        if status() == "InProgress":
            stop(cloud, "stop_training_job", TrainingJobName=resource_id)
        running = {"InProgress", "Stopping"}
        wait_for(cloud, f"training job {resource_id}", status, running, _STOP_SECONDS)
        super().remove(cloud, resource_id, outputs)
