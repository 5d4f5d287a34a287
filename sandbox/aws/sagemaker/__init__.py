"""SageMaker: training and tuning jobs that run, endpoints that serve."""

from sandbox.aws.context import Context


def install(context: Context) -> None:
    """Register SageMaker's operations."""
