"""One tuning job: asks optuna for values, starts training jobs with them, learns from results."""

import logging
import queue
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.aws.context import Call, Context
from sandbox.aws.sagemaker.records import Record, Records, now
from sandbox.aws.sagemaker.search_space import SearchSpace
from sandbox.aws.sagemaker.training import TrainingJobs

if TYPE_CHECKING:
    import optuna

log = logging.getLogger(__name__)


@dataclass
class _Trial:
    trial: "optuna.trial.Trial"
    record: Record
    steps: int = 0
    pruned: bool = False


@dataclass
class _Progress:
    best: float | None = None
    since_best: int = 0
    launched: int = 0
    running: dict[str, _Trial] = field(default_factory=dict)


class TuningRun:
    """Runs a tuning job in a thread of its own; its training jobs queue like any other."""

    def __init__(
        self,
        context: Context,
        records: Records,
        record: Record,
        training: TrainingJobs,
        call: Call,
        space: SearchSpace,
    ) -> None:
        self._context = context
        self._records = records
        self._record = record
        self._training = training
        self._call = call
        self._space = space
        self._ended: queue.Queue[str] = queue.Queue()
        self._progress = _Progress()
        self.stop_requested = threading.Event()

    @property
    def _config(self) -> dict[str, Any]:
        return dict(self._record["HyperParameterTuningJobConfig"])

    @property
    def _maximize(self) -> bool:
        return bool(self._config["HyperParameterTuningJobObjective"]["Type"] == "Maximize")

    @property
    def _objective(self) -> str:
        return str(self._config["HyperParameterTuningJobObjective"]["MetricName"])

    def start(self) -> None:
        threading.Thread(
            target=self._run, name=self._record["HyperParameterTuningJobName"], daemon=True
        ).start()

    def stop(self) -> None:
        """Stop the training jobs under way and start no more."""
        self.stop_requested.set()
        for trial in list(self._progress.running.values()):
            self._training.request_stop(trial.record)

    def _run(self) -> None:
        failure: str | None = None
        reason = None
        try:
            reason = self._search(self._study())
        except Exception as error:
            log.exception("tuning job %s", self._record["HyperParameterTuningJobName"])
            failure = f"InternalServerError: the sandbox failed: {error!r}"
        if self._context.stopping.is_set():
            failure = "InternalServerError: the sandbox was stopped while the job ran"
        stopped = self.stop_requested.is_set()
        if failure is None and not stopped and "BestTrainingJob" not in self._record:
            failure = (
                "ClientError: No training job of the tuning job reported the objective metric "
                f"{self._objective!r}: {self._first_failure()}"
            )
        status = "Failed" if failure else "Stopped" if stopped else "Completed"
        details = {reason: now()} if reason else None
        self._records.update(
            self._record,
            HyperParameterTuningJobStatus=status,
            FailureReason=failure[:1024] if failure else None,
            HyperParameterTuningEndTime=now(),
            TuningJobCompletionDetails=details,
        )

    def _first_failure(self) -> str:
        for summary in self._record["_jobs"]:
            record = self._training.records.find(self._call, summary)
            if record and record.get("FailureReason"):
                return str(record["FailureReason"])
        return "no line of their logs matches its regular expression"

    def _study(self) -> "optuna.study.Study":
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        config = self._config
        seed = config.get("RandomSeed")
        limit = self._limit()
        sampler: optuna.samplers.BaseSampler
        match config["Strategy"]:
            case "Random" | "Grid":
                sampler = optuna.samplers.RandomSampler(seed=seed)
            case _:
                first = max(2, min(10, limit // 3))
                sampler = optuna.samplers.TPESampler(
                    seed=seed, n_startup_trials=first, constant_liar=True
                )
        study = optuna.create_study(
            direction="maximize" if self._maximize else "minimize",
            sampler=sampler,
            pruner=self._pruner(),
        )
        if config["Strategy"] == "Grid":
            for combination in self._space.combinations():
                study.enqueue_trial(combination)
        return study

    def _pruner(self) -> "optuna.pruners.BasePruner":
        import optuna

        config = self._config
        if config["Strategy"] == "Hyperband":
            resources = config.get("StrategyConfig", {}).get("HyperbandStrategyConfig", {})
            return optuna.pruners.HyperbandPruner(
                min_resource=int(resources.get("MinResource", 1)),
                max_resource=resources.get("MaxResource", "auto"),
            )
        if config.get("TrainingJobEarlyStoppingType") == "Auto":
            # The cloud compares with the median of earlier jobs at the same point.
            return optuna.pruners.MedianPruner(n_startup_trials=2, n_warmup_steps=1)
        return optuna.pruners.NopPruner()

    def _limit(self) -> int:
        limits = self._config["ResourceLimits"]
        limit = int(limits.get("MaxNumberOfTrainingJobs") or 0)
        if self._config["Strategy"] == "Grid":
            return min(limit or self._space.grid_size, self._space.grid_size)
        return limit or 500

    def _search(self, study: "optuna.study.Study") -> str | None:
        """Run trials until the limits; the name of the criterion that ended it early, if any."""
        limits = self._config["ResourceLimits"]
        parallel, limit = int(limits["MaxParallelTrainingJobs"]), self._limit()
        deadline = time.monotonic() + float(limits.get("MaxRuntimeInSeconds", 15768000))
        progress = self._progress
        finished: str | None = None
        while True:
            may_start = finished is None and not self._halted() and time.monotonic() < deadline
            while may_start and progress.launched < limit and len(progress.running) < parallel:
                self._launch(study)
            if not progress.running:
                return finished
            try:
                name = self._ended.get(timeout=1.0)
            except queue.Empty:
                if time.monotonic() >= deadline or self._halted():
                    for trial in list(progress.running.values()):
                        self._training.request_stop(trial.record)
                if self._context.stopping.is_set():
                    return None
                continue
            self._learn(study, progress.running.pop(name))
            finished = finished or self._criterion_met()
            if finished:
                for trial in list(progress.running.values()):
                    self._training.request_stop(trial.record)

    def _halted(self) -> bool:
        return self.stop_requested.is_set() or self._context.stopping.is_set()

    def _launch(self, study: "optuna.study.Study") -> None:
        progress = self._progress
        progress.launched += 1
        trial = study.ask(self._space.distributions())
        tuned = self._space.text(trial.params)
        base = self._record["HyperParameterTuningJobName"]
        name = f"{base}-{progress.launched:03d}-{uuid.uuid4().hex[:8]}"
        definition = self._record["TrainingJobDefinition"]
        params = {
            **definition,
            "TrainingJobName": name,
            "ResourceConfig": resource_config(definition),
            "HyperParameters": {
                **definition.get("StaticHyperParameters", {}),
                **tuned,
                "_tuning_objective_metric": self._objective,
            },
        }
        holder: list[_Trial] = []
        with self._records.lock:
            record = self._training.start(
                self._call,
                params,
                extra={
                    "TuningJobArn": self._record["HyperParameterTuningJobArn"],
                    "_tuned": tuned,
                },
                on_metric=lambda metric, value: self._watch(holder, metric, value),
                on_end=lambda: self._ended.put(name),
            )
            holder.append(_Trial(trial, record))
            progress.running[name] = holder[0]
            self._record["_jobs"].append(name)
        self._records.update(self._record)

    def _watch(self, holder: list[_Trial], metric: str, value: float) -> None:
        """An intermediate value of a running job: stop the job when it has no prospects."""
        if metric != self._objective or not holder:
            return
        item = holder[0]
        item.steps += 1
        item.trial.report(value, item.steps)
        if not item.pruned and item.trial.should_prune():
            item.pruned = True
            self._training.request_stop(item.record)

    def _learn(self, study: "optuna.study.Study", item: _Trial) -> None:
        from optuna.trial import TrialState

        value = objective_value(item.record, self._objective)
        completed = item.record["TrainingJobStatus"] == "Completed"
        if value is None or not (completed or item.pruned):
            study.tell(item.trial, state=TrialState.FAIL)
        elif item.pruned and not completed:
            study.tell(item.trial, state=TrialState.PRUNED)
        else:
            study.tell(item.trial, value)
        self._progress.since_best += 1
        if value is not None and completed and self._improves(value):
            self._progress.best, self._progress.since_best = value, 0
            self._records.update(
                self._record,
                BestTrainingJob=summary(
                    item.record, self._objective, "Maximize" if self._maximize else "Minimize"
                ),
            )

    def _improves(self, value: float) -> bool:
        best = self._progress.best
        return best is None or (value > best if self._maximize else value < best)

    def _criterion_met(self) -> str | None:
        criteria = self._config.get("TuningJobCompletionCriteria", {})
        target, best = criteria.get("TargetObjectiveMetricValue"), self._progress.best
        if target is not None and best is not None:
            reached: Callable[[], bool] = lambda: (  # noqa: E731
                best >= target if self._maximize else best <= target
            )
            if reached():
                return "ConvergenceDetectedTime"
        patience = criteria.get("BestObjectiveNotImproving", {}).get(
            "MaxNumberOfTrainingJobsNotImproving"
        )
        if patience and self._progress.since_best >= patience:
            return "ConvergenceDetectedTime"
        return None


def resource_config(definition: Record) -> dict[str, Any]:
    """A definition's ResourceConfig, made from a tuning resource configuration if need be."""
    if definition.get("ResourceConfig"):
        return dict(definition["ResourceConfig"])
    config = dict(definition.get("HyperParameterTuningResourceConfig", {}))
    for alternative in config.pop("InstanceConfigs", [])[:1]:
        config = {**config, **alternative}
    config.pop("AllocationStrategy", None)
    return config


def objective_value(record: Record, metric: str) -> float | None:
    """The objective's final value in a training job, if it reported one."""
    for item in record.get("FinalMetricDataList", []):
        if item["MetricName"] == metric:
            return float(item["Value"])
    return None


def summary(record: Record, metric: str, kind: str) -> Record:
    """A training job as the tuning API shows it."""
    fields = [
        "TrainingJobName",
        "TrainingJobArn",
        "CreationTime",
        "TrainingStartTime",
        "TrainingEndTime",
        "TrainingJobStatus",
        "FailureReason",
    ]
    result: Record = {name: record[name] for name in fields if name in record}
    result["TunedHyperParameters"] = record["_tuned"]
    value = objective_value(record, metric)
    running = record["TrainingJobStatus"] in ("InProgress", "Stopping")
    result["ObjectiveStatus"] = (
        "Pending" if running else "Succeeded" if value is not None else "Failed"
    )
    if value is not None:
        result["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": kind,
            "MetricName": metric,
            "Value": value,
        }
    return result
