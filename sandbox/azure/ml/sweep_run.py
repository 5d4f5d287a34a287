"""One sweep job: asks the search space for parameters, runs trials with them, learns of results."""

import logging
import math
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sandbox.azure.ml import early_termination, search_space
from sandbox.azure.ml.durations import seconds_of
from sandbox.azure.ml.search_space import SearchSpace
from sandbox.errors import JobError
from sandbox.jobs import Job
from sandbox.store import Record

if TYPE_CHECKING:
    import optuna

    from sandbox.azure.ml.jobs import Jobs

WATCH_SECONDS: Final = 0.3
MOST_TRIALS: Final = 1000
# So many failures without any success end a sweep.
HOPELESS: Final = 3
_SAMPLING: Final = ("Bayesian", "Grid", "Random")

log = logging.getLogger(__name__)


def check(properties: Mapping[str, Any]) -> None:
    """Refuse a sweep that the service refuses.

    Raises:
        JobError, ValueError: says why.
    """
    objective = properties.get("objective") or {}
    if not objective.get("primaryMetric"):
        raise JobError("objective.primaryMetric is required")
    if objective.get("goal") not in ("Maximize", "Minimize"):
        raise JobError("objective.goal must be Maximize or Minimize")
    algorithm = properties.get("samplingAlgorithm") or {}
    sampling = algorithm.get("samplingAlgorithmType")
    if sampling not in _SAMPLING:
        raise JobError(f"samplingAlgorithm.samplingAlgorithmType must be one of {_SAMPLING}")
    search_space.check(properties.get("searchSpace") or {}, sampling)
    early_termination.check(properties.get("earlyTermination"))
    if sampling == "Bayesian" and properties.get("earlyTermination"):
        raise JobError("early termination does not go with Bayesian sampling")
    if not properties.get("trial"):
        raise JobError("trial is required")
    limits = properties.get("limits") or {}
    total = int(limits.get("maxTotalTrials") or MOST_TRIALS)
    if not 1 <= int(limits.get("maxConcurrentTrials") or 1) <= total <= MOST_TRIALS:
        raise JobError(
            f"limits: 1 <= maxConcurrentTrials <= maxTotalTrials <= {MOST_TRIALS} must hold"
        )
    for name in ("timeout", "trialTimeout"):
        seconds_of(limits.get(name))


@dataclass
class _Trial:
    record: Record
    asked: "optuna.trial.Trial"
    job: Job | None = None
    ended_early: bool = False
    values: list[float] = field(default_factory=list)


class SweepRun:
    """Runs a sweep in a thread of its own; its trials queue like other jobs."""

    def __init__(self, jobs: "Jobs", record: Record) -> None:
        self._jobs, self._record = jobs, record
        self._properties = record["properties"]
        objective = self._properties["objective"]
        self._metric: str = objective["primaryMetric"]
        self._maximize = objective["goal"] == "Maximize"
        self._running: list[_Trial] = []
        self._past: list[_Trial] = []
        self._ended: queue.Queue[_Trial] = queue.Queue()
        self._failed = 0
        self._stopping = threading.Event()
        name = f"sweep {record['name']}"
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the trials under way and start no more."""
        self._stopping.set()
        self._end_running()

    def join(self) -> None:
        self._thread.join(10)

    def _end_running(self) -> None:
        for trial in list(self._running):
            if trial.job is not None:
                trial.job.stop(grace=5)

    def _run(self) -> None:
        status, error = "Completed", ""
        try:
            status, error = self._search()
        except JobError as problem:
            status, error = "Failed", str(problem)
        except Exception as problem:
            log.exception("sweep %s", self._record["name"])
            status, error = "Failed", f"the sandbox failed: {problem!r}"
        if self._jobs.context.stopping.is_set():
            return  # what the next start finds unfinished, it ends as interrupted
        self._jobs.end(self._record["id"], status, error, **self._outcome())

    def _search(self) -> tuple[str, str]:
        limits = self._properties.get("limits") or {}
        total = int(limits.get("maxTotalTrials") or MOST_TRIALS)
        parallel = int(limits.get("maxConcurrentTrials") or 1)
        timeout = seconds_of(limits.get("timeout"))
        deadline = time.monotonic() + timeout if timeout else None
        space = SearchSpace(
            self._properties["searchSpace"],
            algorithm=self._properties["samplingAlgorithm"],
            goal=self._properties["objective"]["goal"],
            trials=total,
        )
        total = min(total, space.size or total)
        self._jobs.set_status(self._record["id"], "Running")
        launched, late = 0, False
        while True:
            while (
                launched < total
                and len(self._running) < parallel
                and not self._stopping.is_set()
                and not late
                and not self._hopeless(total)
            ):
                self._launch(space, launched)
                launched += 1
            if not self._running:
                break
            try:
                trial = self._ended.get(timeout=WATCH_SECONDS)
            except queue.Empty:
                self._watch()
            else:
                self._learn(space, trial)
            late = late or (deadline is not None and time.monotonic() > deadline)
            if late or self._stopping.is_set() or self._hopeless(total):
                self._end_running()
        if self._stopping.is_set():
            return "Canceled", ""
        if late:
            return "Canceled", f"The sweep was canceled: it ran longer than {timeout:.0f} s."
        if not any(trial.values for trial in self._past):
            return "Failed", self._no_result()
        return "Completed", ""

    def _hopeless(self, total: int) -> bool:
        good = any(trial.values for trial in self._past)
        return not good and self._failed >= min(HOPELESS, total)

    def _no_result(self) -> str:
        for trial in self._past:
            record = self._jobs.context.resources.get(trial.record["id"]) or {}
            if record.get("_error"):
                return f"All trials failed. {record['name']}: {record['_error']['message']}"
        return f"No trial logged the primary metric {self._metric!r} by MLflow."

    def _launch(self, space: SearchSpace, number: int) -> None:
        asked, parameters = space.ask()
        spec, limits = self._properties["trial"], self._properties.get("limits") or {}
        properties = {
            **spec,
            "jobType": "Command",
            "inputs": self._properties.get("inputs") or {},
            "outputs": {
                name: given
                for name, given in (self._properties.get("outputs") or {}).items()
                if name != "default"
            },
            "computeId": self._properties.get("computeId"),
            "identity": self._properties.get("identity"),
            "limits": {"jobLimitsType": "Command", "timeout": limits.get("trialTimeout")},
            "parameters": parameters,
        }
        record = self._jobs.new_trial(self._record, str(number), properties)
        self._jobs.runs.log(record["id"], params=parameters)
        trial = _Trial(record, asked)
        self._running.append(trial)
        trial.job = self._jobs.submit(record)

        def wait(job: Job = trial.job) -> None:
            job.finished.wait()
            self._ended.put(trial)

        if trial.job.interrupted:
            self._ended.put(trial)  # the runner is closed: the sandbox is stopping
        else:
            threading.Thread(target=wait, daemon=True).start()

    def _read(self, trial: _Trial) -> None:
        reported = self._jobs.runs.metrics(trial.record["id"]).get(self._metric, [])
        trial.values = [value for _, value in reported if math.isfinite(value)]

    def _watch(self) -> None:
        """Look at intermediate values of running trials; end those without prospects."""
        policy = self._properties.get("earlyTermination")
        for trial in self._running:
            before = len(trial.values)
            self._read(trial)
            if not policy or trial.ended_early or len(trial.values) == before:
                continue
            others = [item.values for item in (*self._past, *self._running) if item is not trial]
            if early_termination.hopeless(policy, trial.values, others, maximize=self._maximize):
                trial.ended_early = True
                if trial.job is not None:
                    trial.job.stop(grace=5)

    def _learn(self, space: SearchSpace, trial: _Trial) -> None:
        self._running.remove(trial)
        self._past.append(trial)
        self._read(trial)
        record = self._jobs.context.resources.get(trial.record["id"]) or trial.record
        status = record["properties"]["status"]
        good = bool(trial.values) and (status == "Completed" or trial.ended_early)
        if not good:
            self._failed += status != "Canceled"
            trial.values = []
        space.tell(trial.asked, self._best_of(trial) if good else None)

    def _best_of(self, trial: _Trial) -> float:
        return max(trial.values) if self._maximize else min(trial.values)

    def _outcome(self) -> dict[str, str]:
        """What the service tells among a sweep's properties."""
        objective = self._properties["objective"]
        told = {
            "runTemplate": "HyperDrive",
            "primary_metric_config": (
                f'{{"name":"{self._metric}","goal":"{objective["goal"].lower()}"}}'
            ),
        }
        good = [trial for trial in self._past if trial.values]
        if good:
            pick = max if self._maximize else min
            best = pick(good, key=self._best_of)
            told |= {
                "best_child_run_id": best.record["name"],
                "score": str(self._best_of(best)),
                "best_metric_status": "Succeeded",
            }
            self._jobs.runs.log(self._record["id"], metrics={self._metric: self._best_of(best)})
        return told
