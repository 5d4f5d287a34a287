"""One AutoML job: tries estimators one after the other, each as a trial, and keeps the best."""

import json
import logging
import shutil
import sys
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sandbox.azure.ml.durations import seconds_of
from sandbox.azure.ml.places import Places, workspace_of
from sandbox.errors import JobError
from sandbox.jobs import Job
from sandbox.processes import Process
from sandbox.store import Record

if TYPE_CHECKING:
    from sandbox.azure.ml.jobs import Jobs

# Without a better one among so many, enableEarlyTermination ends the search.
PATIENCE: Final = 3
# Azure's name of each metric, and MLflow's.
METRICS: Final = {
    "AUCWeighted": "AUC_weighted",
    "Accuracy": "accuracy",
    "AveragePrecisionScoreWeighted": "average_precision_score_weighted",
    "NormMacroRecall": "norm_macro_recall",
    "PrecisionScoreWeighted": "precision_score_weighted",
}
# What the candidates are called in allowedTrainingAlgorithms.
_ALGORITHMS: Final = {
    "logistic regression": "LogisticRegression",
    "15 nearest neighbours": "KNN",
    "extra trees": "ExtremeRandomTrees",
    "random forest": "RandomForest",
    "gradient boosting": "GradientBoosting",
}
_ROOT: Final = Path(__file__).resolve().parents[3]

log = logging.getLogger(__name__)


def check(properties: Mapping[str, Any]) -> None:
    """Refuse a job that the service refuses, or the sandbox cannot run.

    Raises:
        JobError, ValueError: says why.
    """
    task = properties.get("taskDetails") or {}
    if task.get("taskType") != "Classification":
        raise JobError(f"the sandbox's AutoML has Classification only, not {task.get('taskType')}")
    if not (task.get("trainingData") or {}).get("uri") or not task.get("targetColumnName"):
        raise JobError("taskDetails needs trainingData and targetColumnName")
    if task.get("primaryMetric", "AUCWeighted") not in METRICS:
        raise JobError(f"taskDetails.primaryMetric must be one of {', '.join(METRICS)}")
    limits = task.get("limitSettings") or {}
    for name in ("timeout", "trialTimeout"):
        seconds_of(limits.get(name))
    if not _candidates(task):
        raise JobError(f"allowedTrainingAlgorithms: there are {', '.join(_ALGORITHMS.values())}")


def _candidates(task: Mapping[str, Any]) -> list[str]:
    """Names of what is tried, cheapest first."""
    from sandbox.automl.candidates import classifiers

    settings = task.get("trainingSettings") or {}
    allowed = settings.get("allowedTrainingAlgorithms")
    blocked = settings.get("blockedTrainingAlgorithms") or ()
    names = []
    for name in classifiers(0):
        algorithm = _ALGORITHMS[name.partition(",")[0]]
        if (not allowed or algorithm in allowed) and algorithm not in blocked:
            names.append(name)
    return names


class AutoMLRun:
    """Runs a search in a thread of its own; its trials queue like other jobs."""

    def __init__(self, jobs: "Jobs", record: Record) -> None:
        self._jobs, self._record = jobs, record
        self._task: Mapping[str, Any] = record["properties"]["taskDetails"]
        self._limits: Mapping[str, Any] = self._task.get("limitSettings") or {}
        self._metric = METRICS[self._task.get("primaryMetric", "AUCWeighted")]
        self._kind = jobs.kind(record)
        self._directory = jobs.context.jobs.directory / self._kind / f"{record['name']}-data"
        self._places = Places(jobs.context, workspace_of(jobs.context, record["id"]))
        self._scores: dict[str, float] = {}
        self._since_best = 0
        self._failure = ""
        self._running: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._over = threading.Event()
        name = f"automl {record['name']}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the trials under way and start no more."""
        self._stopping.set()
        with self._lock:
            running = list(self._running.values())
        for job in running:
            job.stop(grace=5)

    def join(self) -> None:
        self._thread.join(10)

    def _run(self) -> None:
        status, error = "Completed", ""
        try:
            self._search()
            if self._stopping.is_set():
                status = "Canceled"
            elif not self._scores:
                status, error = "Failed", f"No model could be trained. {self._failure}"
        except JobError as problem:
            status, error = "Failed", str(problem)
        except Exception as problem:
            log.exception("AutoML job %s", self._record["name"])
            status, error = "Failed", f"the sandbox failed: {problem!r}"
        finally:
            shutil.rmtree(self._directory, ignore_errors=True)
        if not self._jobs.context.stopping.is_set():
            self._jobs.end(self._record["id"], status, error, **self._outcome())

    def _search(self) -> None:
        shutil.rmtree(self._directory, ignore_errors=True)
        for name in ("training", "validation"):
            uri = (self._task.get(f"{name}Data") or {}).get("uri")
            if uri:
                self._places.download(self._places.find(str(uri)), self._directory / name)
        self._jobs.set_status(self._record["id"], "Running")
        timeout = seconds_of(self._limits.get("timeout"))
        deadline = time.monotonic() + timeout if timeout else None
        chosen = _candidates(self._task)[: int(self._limits.get("maxTrials") or 1000)]
        parallel = int(self._limits.get("maxConcurrentTrials") or 1)
        with ThreadPoolExecutor(parallel) as threads:
            for number, candidate in enumerate(chosen):
                threads.submit(self._attempt, number, candidate, deadline)
        if self._scores and not self._stopping.is_set():
            self._package(self._best())

    def _enough(self, deadline: float | None) -> bool:
        if self._stopping.is_set() or (deadline is not None and time.monotonic() > deadline):
            return True
        best = max(self._scores.values(), default=None)
        exit_score = self._limits.get("exitScore")
        if exit_score is not None and best is not None and best >= float(exit_score):
            return True
        early = self._limits.get("enableEarlyTermination", True)
        return bool(early) and self._since_best >= PATIENCE

    def _attempt(self, number: int, candidate: str, deadline: float | None) -> None:
        if self._enough(deadline):
            return
        told = {"run_algorithm": candidate, "runTemplate": "automl_child"}
        properties = {"jobType": "AutoML", "taskDetails": self._task, "properties": told}
        record = self._jobs.new_trial(self._record, str(number), properties)
        config: dict[str, Any] = {
            "candidate": candidate,
            "target": self._task["targetColumnName"],
            "training": str(self._directory / "training"),
            "folds": (self._task.get("nCrossValidations") or {}).get("value"),
        }
        if (self._directory / "validation").exists():
            config["validation"] = str(self._directory / "validation")
        try:
            metrics = self._process(record, config)
        except JobError as problem:
            status = "Canceled" if self._stopping.is_set() else "Failed"
            self._failure = str(problem)
            self._jobs.end(record["id"], status, str(problem))
            return
        self._jobs.runs.log(record["id"], metrics=metrics, params={"algorithm": candidate})
        with self._lock:
            best = max(self._scores.values(), default=float("-inf"))
            self._since_best = 0 if metrics[self._metric] > best else self._since_best + 1
            self._scores[record["name"]] = metrics[self._metric]
        self._jobs.end(record["id"], "Completed", score=str(metrics[self._metric]))

    def _process(self, record: Record, config: dict[str, Any]) -> dict[str, float]:
        """Run one trial to its end as a job; its metrics.

        Raises:
            JobError: it failed or was stopped.
        """
        output = self._directory / record["name"]
        problem: list[str] = []

        def work(job: Job) -> None:
            if job.stop_requested.is_set():
                return
            self._jobs.set_status(record["id"], "Running")
            lines: list[str] = []
            output.mkdir(parents=True, exist_ok=True)
            file = output / "config.json"
            file.write_text(json.dumps({**config, "output": str(output)}))
            argv = [sys.executable, "-m", "sandbox.azure.ml.automl_trial", str(file)]
            env = {"PATH": "/usr/bin:/bin", "HOME": str(output), "PYTHONDONTWRITEBYTECODE": "1"}
            process = Process(name="std_log", argv=argv, env=env, cwd=_ROOT)
            limit = seconds_of(self._limits.get("trialTimeout"))
            outcome = job.run([process], on_line=lambda _, line: lines.append(line), timeout=limit)
            text = "".join(f"{line}\n" for line in lines).encode()
            run = self._places.of_run(record["name"])
            self._places.put(run.below("user_logs/std_log.txt"), text)
            if not outcome.succeeded:
                problem.append(" | ".join(lines[-3:]) or "it was stopped")
            for item in ("model.pkl", "mlflow-model"):
                if outcome.succeeded and (output / item).exists():
                    self._places.upload(output / item, run.below(f"outputs/{item}"))

        job = self._jobs.context.jobs.submit(self._kind, record["name"], work)
        with self._lock:
            self._running[record["name"]] = job
        if self._stopping.is_set():
            job.stop(grace=5)
        while not job.finished.wait(0.5):
            if job.interrupted and self._jobs.context.stopping.is_set():
                raise JobError("the sandbox was stopped")
        with self._lock:
            self._running.pop(record["name"], None)
        file = output / "metrics.json"
        if problem or not file.exists():
            raise JobError(problem[0] if problem else "the trial was stopped")
        found: dict[str, float] = json.loads(file.read_text())
        return found

    def _package(self, name: str) -> None:
        """Make the best trial's MLflow model, which is what is deployed."""
        record = {"id": f"{self._record['id'].rpartition('/')[0]}/{name}", "name": name}
        self._process(record, {"package": True})

    def _best(self) -> str:
        return max(self._scores, key=lambda name: self._scores[name])

    def _outcome(self) -> dict[str, str]:
        """What the service tells among the job's properties."""
        if not self._scores:
            return {}
        best = self._best()
        self._jobs.runs.log(
            self._record["id"],
            metrics={self._metric: self._scores[best]},
            tags={"automl_best_child_run_id": best},
        )
        return {"automl_best_child_run_id": best, "score": str(self._scores[best])}
