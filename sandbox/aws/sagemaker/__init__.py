"""SageMaker: training and tuning jobs that run, endpoints that serve."""

from sandbox.aws.context import Context
from sandbox.aws.sagemaker.tags import Tags
from sandbox.aws.sagemaker.training import TrainingJobs
from sandbox.aws.telemetry import LogSink


def install(context: Context) -> None:
    """Register SageMaker's operations."""
    sink = LogSink(context)
    training = TrainingJobs(context, sink)
    Tags(context, [(training.records, "TrainingJobArn")])
