"""Hyper-parameter tuning jobs: created, listed, cancelled, deleted."""

from sandbox.gcp.context import Context
from sandbox.gcp.errors import invalid
from sandbox.gcp.logs import LogEntries
from sandbox.gcp.vertex import job_spec, study
from sandbox.gcp.vertex.custom_jobs import STOPPED, JobResources, ended
from sandbox.gcp.vertex.quotas import Quotas
from sandbox.gcp.vertex.resources import with_names_of_enums
from sandbox.gcp.vertex.tuning_run import TuningRun
from sandbox.router import Request
from sandbox.store import Record

MOST_TRIALS = 1000
MOST_PARALLEL = 100


class TuningJobs(JobResources):
    """Answers the methods of hyperparameterTuningJobs."""

    def __init__(self, context: Context, logs: LogEntries, quotas: Quotas) -> None:
        super().__init__(context, "hyperparameterTuningJobs")
        self._logs, self._quotas = logs, quotas
        self._runs: dict[str, TuningRun] = {}
        self.routes()
        context.on_stop(self._end_all)

    def create(self, request: Request) -> Record:
        given = with_names_of_enums(request.json())
        _check(given)
        record = self.new(request, given)
        record.update(state="JOB_STATE_PENDING", trials=[])
        parallel = int(record["parallelTrialCount"])
        with self.store.transaction():
            self._quotas.refuse_job(self.parent(request), record["trialJobSpec"], times=parallel)
            self.save(record)
        name = record["name"]
        run = TuningRun(self, self._logs, record, lambda: self._runs.pop(name, None))
        self._runs[name] = run
        run.start()
        return record

    def interrupt(self, name: str, record: Record) -> None:
        fields = ended("JOB_STATE_FAILED", (10, STOPPED))
        for trial in record["trials"]:
            if trial["state"] not in ("SUCCEEDED", "INFEASIBLE"):
                trial.update(
                    state="INFEASIBLE", infeasibleReason=STOPPED, endTime=fields["endTime"]
                )
        self.change(name, trials=record["trials"], **fields)

    def stop(self, record: Record) -> None:
        run = self._runs.get(record["name"])
        if run is not None:
            run.stop()

    def _end_all(self) -> None:
        for run in list(self._runs.values()):
            run.join()


def _check(given: Record) -> None:
    if not given.get("displayName"):
        raise invalid("HyperparameterTuningJob.display_name is required but missing.")
    most, parallel = int(given.get("maxTrialCount", 0)), int(given.get("parallelTrialCount", 0))
    if not 1 <= most <= MOST_TRIALS:
        raise invalid(f"max_trial_count must be between 1 and {MOST_TRIALS}, but is {most}.")
    if not 1 <= parallel <= min(most, MOST_PARALLEL):
        raise invalid(
            f"parallel_trial_count must be between 1 and {min(most, MOST_PARALLEL)}, but is "
            f"{parallel}."
        )
    failed = int(given.get("maxFailedTrialCount", 0))
    if not 0 <= failed <= most:
        raise invalid(f"max_failed_trial_count must be between 0 and {most}, but is {failed}.")
    study.check(given.get("studySpec", {}))
    job_spec.check(given.get("trialJobSpec", {}))
