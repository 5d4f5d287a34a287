"""SageMaker: training and tuning jobs that run, endpoints that serve."""

from sandbox.aws.context import Context
from sandbox.aws.sagemaker import package_groups
from sandbox.aws.sagemaker.endpoints import Endpoints
from sandbox.aws.sagemaker.instance_metrics import InstanceMetrics
from sandbox.aws.sagemaker.invoke import Invocations
from sandbox.aws.sagemaker.models import EndpointConfigs, Models
from sandbox.aws.sagemaker.tags import Tags
from sandbox.aws.sagemaker.training import TrainingJobs
from sandbox.aws.sagemaker.tuning import TuningJobs
from sandbox.aws.telemetry import LogSink


def install(context: Context) -> None:
    """Register SageMaker's operations."""
    sink = LogSink(context)
    training = TrainingJobs(context, sink)
    tuning = TuningJobs(context, training)
    models = Models(context)
    configs = EndpointConfigs(context, models)
    endpoints = Endpoints(context, models, configs, sink)
    Invocations(context, endpoints)
    InstanceMetrics(context, endpoints)
    package_groups.install(context)
    Tags(
        context,
        [
            (training.records, "TrainingJobArn"),
            (tuning.records, "HyperParameterTuningJobArn"),
            (models.records, "ModelArn"),
            (configs.records, "EndpointConfigArn"),
            (endpoints.records, "EndpointArn"),
        ],
    )
