"""Metrics of a job of Azure ML, logged to the run that the job is.

A sweep reads its primary metric there, not from what is printed. Azure ML tells the run and the
tracking server in MLFLOW_* variables:
https://learn.microsoft.com/azure/machine-learning/how-to-log-view-metrics
"""

import importlib.util
import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

_SCHEME = "azureml://"
_REQUEST_SECONDS = 30.0
_ATTEMPTS = 4


def in_job(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether this process is a job of Azure ML."""
    return bool(environ.get("AZUREML_RUN_ID"))


def log_metrics(metrics: Mapping[str, float], *, step: int) -> None:
    """Log values to the job's run; outside of a job nothing happens.

    A training does not end because its metrics cannot be stored: that is printed instead. A trial
    without its metric is one that the sweep counts as failed, with that line in its log.
    """
    uri, run = os.environ.get("MLFLOW_TRACKING_URI", ""), os.environ.get("MLFLOW_RUN_ID", "")
    if not (in_job() and uri and run):
        return
    try:
        if uri.startswith(_SCHEME) and _plugin_installed():
            _by_client(metrics, step)
        else:
            _by_rest(uri.replace(_SCHEME, "https://", 1), run, metrics, step)
    except Exception as error:  # noqa: BLE001 - a client may raise anything
        print(f"metrics were not logged: {type(error).__name__}: {error}", flush=True)


def _plugin_installed() -> bool:
    try:
        return importlib.util.find_spec("azureml.mlflow") is not None
    except ModuleNotFoundError:
        return False


def _by_client(metrics: Mapping[str, float], step: int) -> None:
    client: Any = importlib.import_module("mlflow")
    client.log_metrics(dict(metrics), step=step)


def _by_rest(uri: str, run: str, metrics: Mapping[str, float], step: int) -> None:
    """MLflow's REST API, for images without its client: one call for all values.

    https://mlflow.org/docs/latest/rest-api.html#log-batch
    """
    moment = int(time.time() * 1000)
    values = [
        {"key": name, "value": float(value), "timestamp": moment, "step": step}
        for name, value in metrics.items()
    ]
    body = json.dumps({"run_id": run, "metrics": values}).encode()
    token = os.environ.get("MLFLOW_TRACKING_TOKEN") or os.environ.get("AZUREML_RUN_TOKEN", "")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    if not uri.startswith("https://"):
        raise ValueError(f"{uri} is no https address, and a token would be sent there")
    address = f"{uri.rstrip('/')}/api/2.0/mlflow/runs/log-batch"
    request = urllib.request.Request(address, data=body, headers=headers)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=_REQUEST_SECONDS):
                return
        except urllib.error.HTTPError as error:
            if attempt == _ATTEMPTS or error.code not in (408, 429, 500, 502, 503, 504):
                raise
        time.sleep(attempt)
