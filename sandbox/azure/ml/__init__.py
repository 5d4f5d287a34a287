"""Azure Machine Learning: jobs run, sweeps search, online endpoints predict."""

from sandbox.azure.context import Context
from sandbox.azure.ml.codes import CodeVersions
from sandbox.azure.ml.endpoint_metrics import EndpointMetrics
from sandbox.azure.ml.endpoints import OnlineDeployments, OnlineEndpoints
from sandbox.azure.ml.gateway import Gateway
from sandbox.azure.ml.jobs import Jobs
from sandbox.azure.ml.models import ModelVersions
from sandbox.azure.ml.runs import Runs
from sandbox.azure.ml.schedules import Schedules
from sandbox.azure.ml_quotas import Quotas
from sandbox.request_metrics import RequestMetrics


def install(context: Context) -> None:
    """Know the types that behave, and answer MLflow, run history and scoring URIs."""
    deployments = OnlineDeployments(context)
    jobs = Jobs(context, Runs(context))
    context.types.add(
        CodeVersions(context),
        jobs,
        ModelVersions(context),
        Schedules(context, jobs),
        OnlineEndpoints(context),
        deployments,
    )
    metrics = RequestMetrics()
    Gateway(context, deployments, metrics)
    EndpointMetrics(context, metrics)
    Quotas(context).answer()
