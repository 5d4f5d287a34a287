"""Storage Transfer Service: transfers really copy, from the sandbox's S3 or between buckets."""

from sandbox.gcp.context import Context
from sandbox.gcp.transfer.jobs import TransferJobs


def install(context: Context) -> None:
    """Transfer jobs and their operations."""
    TransferJobs(context)
