"""Azure Machine Learning: jobs run, sweeps search, online endpoints predict."""

from sandbox.azure.context import Context
from sandbox.azure.ml.endpoints import OnlineDeployments, OnlineEndpoints
from sandbox.azure.ml.gateway import Gateway
from sandbox.azure.ml.jobs import Jobs
from sandbox.azure.ml.runs import Runs


def install(context: Context) -> None:
    """Know the types that behave, and answer MLflow, run history and scoring URIs."""
    deployments = OnlineDeployments(context)
    context.types.add(Jobs(context, Runs(context)), OnlineEndpoints(context), deployments)
    Gateway(context, deployments)
