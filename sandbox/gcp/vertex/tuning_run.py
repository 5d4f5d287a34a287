"""One tuning job: asks the study for parameters, runs trials with them, learns from results."""

import logging
import queue
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sandbox.errors import JobError
from sandbox.gcp.context import now
from sandbox.gcp.logs import LogEntries
from sandbox.gcp.vertex.custom_jobs import STOPPED, JobResources, ended, sink
from sandbox.gcp.vertex.job_run import Run
from sandbox.gcp.vertex.metric_file import MetricFile
from sandbox.jobs import Job
from sandbox.store import Record

if TYPE_CHECKING:
    import optuna

    from sandbox.gcp.vertex.study import Study

WATCH_SECONDS = 0.2
# With max_failed_trial_count 0 the service decides; this many failures without a success do.
HOPELESS = 5
CANCELLED = "The hyperparameter tuning job was cancelled."

log = logging.getLogger(__name__)


@dataclass
class _Trial:
    number: str
    trial: "optuna.trial.Trial"
    metrics: MetricFile
    job: Job | None = None
    started: bool = False
    stopped_early: bool = False
    failure: str | None = None
    reported: dict[str, tuple[int, float]] | None = None
    over: threading.Event = field(default_factory=threading.Event)


class TuningRun:
    """Runs a tuning job in a thread of its own; its trials queue like other jobs."""

    def __init__(
        self,
        jobs: JobResources,
        logs: LogEntries,
        record: Record,
        on_end: Callable[[], object],
    ) -> None:
        self._jobs, self._logs, self._record, self._on_end = jobs, logs, record, on_end
        self._context = jobs.context
        self.name: str = record["name"]
        _, self._project, _, self._location, _, self._id = self.name.split("/")
        self._directory = self._context.jobs.directory / jobs.kind / self._id
        self._ended: queue.Queue[_Trial] = queue.Queue()
        self._running: dict[str, _Trial] = {}
        self._failed = self._succeeded = 0
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"tuning {self._id}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self) -> None:
        """Wait for the end; the sandbox is stopping, so it is near."""
        self._thread.join(10)

    def stop(self) -> None:
        """End the trials under way and start no more."""
        self._cancelled.set()
        self._end_running()

    def _end_running(self) -> None:
        for trial in list(self._running.values()):
            if trial.job is not None:
                trial.job.stop(grace=5)

    def _run(self) -> None:
        error: tuple[int, str] | None = None
        try:
            error = self._search()
        except Exception as problem:
            log.exception("tuning job %s", self.name)
            error = (13, f"the sandbox failed: {problem!r}")
        if self._context.stopping.is_set():
            error = (10, STOPPED)
        self._logs.flush()
        if self._cancelled.is_set() and not self._context.stopping.is_set():
            self._jobs.change(self.name, **ended("JOB_STATE_CANCELLED", (1, "CANCELED")))
        elif error is not None:
            self._jobs.change(self.name, **ended("JOB_STATE_FAILED", error))
        else:
            self._jobs.change(self.name, **ended("JOB_STATE_SUCCEEDED"))
        self._on_end()

    def _search(self) -> tuple[int, str] | None:
        """Run trials to the limits; the job's error, if that is how it ends."""
        from sandbox.gcp.vertex.study import Study

        record = self._record
        limit, parallel = int(record["maxTrialCount"]), int(record["parallelTrialCount"])
        study = Study(record["studySpec"], limit)
        limit = min(limit, study.size or limit)
        launched = 0
        while True:
            while (
                launched < limit
                and len(self._running) < parallel
                and not self._halted()
                and self._hopeless() is None
            ):
                launched += 1
                self._launch(study, str(launched))
            if not self._running:
                return self._hopeless()
            try:
                trial = self._ended.get(timeout=WATCH_SECONDS)
            except queue.Empty:
                if self._halted():
                    self._end_running()
                self._watch(study)
                continue
            self._learn(study, trial)
            if self._hopeless() is not None:
                self._end_running()

    def _halted(self) -> bool:
        return self._cancelled.is_set() or self._context.stopping.is_set()

    def _hopeless(self) -> tuple[int, str] | None:
        allowed = int(self._record.get("maxFailedTrialCount", 0))
        limit = int(self._record["maxTrialCount"])
        too_many = allowed and self._failed >= allowed
        never = not allowed and not self._succeeded and self._failed >= min(HOPELESS, limit)
        if too_many or never:
            return (3, f"Too many failed trials: {self._failed}. {self._first_failure()}")
        return None

    def _first_failure(self) -> str:
        record = self._jobs.store.get(self._jobs.collection, self.name) or {}
        reasons = [
            t["infeasibleReason"] for t in record.get("trials", []) if "infeasibleReason" in t
        ]
        return f"Trial 1 to fail said: {reasons[0]}" if reasons else ""

    def _launch(self, study: "Study", number: str) -> None:
        asked, parameters = study.ask()
        directory = self._directory / f"trial-{number}"
        reports = directory / "hypertune"
        shutil.rmtree(directory, ignore_errors=True)
        reports.mkdir(parents=True)
        trial = _Trial(number, asked, MetricFile(reports / "output.metrics", study.metrics))
        self._running[number] = trial
        shown = [{"parameterId": name, "value": value} for name, value in parameters.items()]
        trial_record = {
            "name": f"{self.name}/trials/{number}",
            "id": number,
            "state": "REQUESTED",
            "parameters": shown,
        }
        with self._jobs.store.change(self._jobs.collection, self.name) as record:
            record["trials"].append(trial_record)
            record["updateTime"] = now()
        base = self._record["trialJobSpec"].get("baseOutputDirectory", {}).get("outputUriPrefix")
        run = Run(
            context=self._context,
            project=self._project,
            location=self._location,
            job_id=self._id,
            spec=self._record["trialJobSpec"],
            output=f"{base.rstrip('/')}/{number}" if base else None,
            on_line=sink(self._context, self._logs, self._project, self._id, number),
            trial=number,
            arguments=[f"--{name}={value}" for name, value in parameters.items()],
            extra={"CLOUD_ML_HP_METRIC_FILE": str(trial.metrics.path)},
        )
        kind = f"{self._jobs.kind}/{self._id}"
        trial.job = self._context.jobs.submit(
            kind, f"trial-{number}", lambda job: self._work(trial, run, job)
        )
        if trial.job.interrupted and not trial.job.finished.is_set():
            # The runner is closed: the sandbox is stopping.
            trial.failure = STOPPED
            self._ended.put(trial)

    def _work(self, trial: _Trial, run: Run, job: Job) -> None:
        try:
            if not job.stop_requested.is_set():
                self._begin(trial)
                run(job)
        except JobError as error:
            trial.failure = str(error)
        except Exception as error:
            log.exception("trial %s of %s", trial.number, self.name)
            trial.failure = f"the sandbox failed: {error!r}"
        finally:
            trial.job = job
            self._ended.put(trial)

    def _begin(self, trial: _Trial) -> None:
        trial.started = True
        with self._jobs.store.change(self._jobs.collection, self.name) as record:
            moment = now()
            if record["state"] == "JOB_STATE_PENDING":
                record.update(state="JOB_STATE_RUNNING", startTime=moment)
            record["trials"][int(trial.number) - 1].update(state="ACTIVE", startTime=moment)
            record["updateTime"] = moment

    def _watch(self, study: "Study") -> None:
        """Look at intermediate values of running trials; stop those without prospects."""
        for trial in list(self._running.values()):
            if not trial.started or not trial.metrics.read() or not study.stops_early:
                continue
            steps = trial.metrics.measurements.get(study.metrics[0], [])
            if not trial.stopped_early and study.has_no_prospects(trial.trial, steps):
                trial.stopped_early = True
                self._set(trial, state="STOPPING")
                if trial.job is not None:
                    trial.job.stop(grace=5)

    def _set(self, trial: _Trial, **fields: Any) -> None:
        with self._jobs.store.change(self._jobs.collection, self.name) as record:
            record["trials"][int(trial.number) - 1].update(fields)
            record["updateTime"] = now()

    def _learn(self, study: "Study", trial: _Trial) -> None:
        self._running.pop(trial.number, None)
        trial.metrics.read()
        spec = self._record["studySpec"]
        goals = {metric["metricId"]: metric["goal"] for metric in spec["metrics"]}
        best = spec.get("measurementSelectionType") == "BEST_MEASUREMENT"
        final = trial.metrics.final(goals, best=best)
        stopped = trial.job is not None and trial.job.stop_requested.is_set()
        reason = trial.failure
        if reason is None and stopped and not trial.stopped_early:
            reason = STOPPED if self._context.stopping.is_set() else CANCELLED
        if reason is None and final is None:
            reason = (
                f"The trial did not report {', '.join(study.metrics)} through cloudml-hypertune "
                "before it ended."
            )
        if reason is not None or final is None:
            study.tell(trial.trial, None)
            # A trial that was ended because of others says nothing about itself.
            self._failed += not stopped
            self._set(trial, state="INFEASIBLE", infeasibleReason=reason, endTime=now())
            return
        study.tell(trial.trial, {name: value for name, (_, value) in final.items()})
        self._succeeded += 1
        self._set(
            trial, state="SUCCEEDED", endTime=now(), finalMeasurement=self._measured(trial, final)
        )

    def _measured(self, trial: _Trial, final: dict[str, tuple[int, float]]) -> Record:
        record = self._jobs.store.get(self._jobs.collection, self.name) or {}
        begun = record["trials"][int(trial.number) - 1].get("startTime", now())
        seconds = (datetime.fromisoformat(now()) - datetime.fromisoformat(begun)).total_seconds()
        return {
            "elapsedDuration": f"{seconds:.3f}s",
            "stepCount": str(max(step for step, _ in final.values())),
            "metrics": [{"metricId": name, "value": value} for name, (_, value) in final.items()],
        }
