"""Vertex AI: jobs really run, tuning really tunes, endpoints really predict."""

from sandbox.gcp.context import Context
from sandbox.gcp.logs import LogEntries
from sandbox.gcp.vertex import (
    custom_jobs,
    datasets,
    endpoints,
    live,
    models,
    monitoring,
    predict,
    quotas,
    recorded,
    time_series,
    training_pipelines,
    tuning,
)
from sandbox.request_metrics import RequestMetrics


def install(context: Context) -> None:
    """Add the routes, for v1 and v1beta1 alike."""
    logs = LogEntries(context)
    limits = quotas.Quotas(context)
    custom_jobs.CustomJobs(context, logs, limits)
    tuning.TuningJobs(context, logs, limits)
    deployments = live.Deployments(context, logs)
    registry = models.Models(context)
    training_pipelines.TrainingPipelines(context, datasets.Datasets(context), registry)
    endpoints.Endpoints(context, registry, deployments, limits)
    metrics = RequestMetrics()
    predict.Predictions(context, deployments, monitoring.Monitoring(context, logs), metrics)
    time_series.TimeSeries(context, metrics)
    recorded.install(context)
