"""One training job from download to upload."""

import ipaddress
import itertools
import json
import logging
import math
import shutil
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sandbox.aws.clients import sdk_environment
from sandbox.aws.context import Context
from sandbox.aws.sagemaker import container, images, training_files
from sandbox.aws.sagemaker.container import MlTree
from sandbox.aws.sagemaker.metrics import MetricReader
from sandbox.aws.sagemaker.records import ACCOUNT, REGION, Record, Records, now
from sandbox.aws.telemetry import LogSink, put_metric
from sandbox.aws.transfer import DirectorySync, Location, Transfer, unpack
from sandbox.errors import JobError
from sandbox.jobs import Job, Outcome
from sandbox.processes import Process, isolation

NAMESPACE = LOG_GROUP = "/aws/sagemaker/TrainingJobs"
# The cloud sends SIGTERM and waits this long before SIGKILL.
STOP_GRACE = 120.0
CHECKPOINT_SECONDS = 2.0
CODE_LIMIT = 1 << 30
MESSAGES = {
    "Starting": "Preparing the instances for training",
    "Downloading": "Downloading input data",
    "Training": "Training image download completed. Training in progress.",
    "Interrupted": "Training job interrupted: the spot instance was reclaimed",
    "Restarting": "Restarting the training job from its last checkpoint",
    "Uploading": "Uploading generated training model",
    "Stopping": "Stopping the training job",
    "Completed": "Training job completed",
    "Failed": "Training job failed",
    "Stopped": "Training job stopped",
    "MaxRuntimeExceeded": "Training job runtime exceeded MaxRuntimeInSeconds provided",
}
# A job's environment may ask for one spot interruption, to prove that checkpoints work.
INTERRUPT_VARIABLE = "SANDBOX_SPOT_INTERRUPT_AFTER"

log = logging.getLogger(__name__)
_host_blocks = itertools.count(1)
_host_lock = threading.Lock()


def enter(records: Records, record: Record, status: str, message: str | None = None) -> None:
    """Go on to a secondary status and note the transition."""
    moment = now()
    transitions = record.setdefault("SecondaryStatusTransitions", [])
    if transitions:
        transitions[-1]["EndTime"] = moment
    transitions.append(
        {
            "Status": status,
            "StartTime": moment,
            "StatusMessage": message or MESSAGES.get(status, status),
        }
    )
    records.update(record, SecondaryStatus=status)


def host_addresses(count: int) -> list[str]:
    """Names of a job's hosts: ``algo-1`` alone, else loopback addresses no other job has."""
    if count == 1:
        return ["algo-1"]
    with _host_lock:
        block = next(_host_blocks) % 60000
    base = int(ipaddress.IPv4Address("127.1.0.0")) + block * 256
    return [str(ipaddress.IPv4Address(base + number)) for number in range(1, count + 1)]


class TrainingRun:
    """Runs the job of one record; the record tells all who ask how far it is."""

    def __init__(
        self,
        context: Context,
        records: Records,
        record: Record,
        sink: LogSink,
        *,
        on_metric: Callable[[str, float], None] = lambda *_: None,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self._context = context
        self._records = records
        self._record = record
        self._sink = sink
        self._on_metric = on_metric
        self._on_end = on_end
        definitions = record["AlgorithmSpecification"].get("MetricDefinitions", [])
        self._metrics = MetricReader.of(definitions)
        self._metric_times: dict[str, datetime] = {}
        self._tail: list[str] = []
        self._stream_stamp = int(time.time())
        self._trained: float = 0.0

    def __call__(self, job: Job) -> None:
        """What the job runner calls when a slot is free."""
        record = self._record
        failure: str | None = None
        timed_out = False
        try:
            if not job.stop_requested.is_set():
                timed_out = self._run(job)
        except JobError as error:
            failure = str(error)
        except Exception as error:
            log.exception("training job %s", record["TrainingJobName"])
            failure = f"InternalServerError: the sandbox failed: {error!r}"
        self._finish(job, failure, timed_out)
        shutil.rmtree(job.directory / "hosts", ignore_errors=True)
        self._on_end()

    def _finish(self, job: Job, failure: str | None, timed_out: bool) -> None:
        record = self._record
        if failure is None and job.interrupted:
            failure = "InternalServerError: the sandbox was stopped while the job ran"
        status = "Completed"
        if failure is not None:
            status = "Failed"
        elif timed_out or job.stop_requested.is_set():
            status = "Stopped"
        enter(self._records, record, status if not timed_out else "MaxRuntimeExceeded")
        moment = record["SecondaryStatusTransitions"][-1]["StartTime"]
        record["SecondaryStatusTransitions"][-1]["EndTime"] = moment
        seconds = max(1, math.ceil(self._trained)) if self._trained else None
        spot = record.get("EnableManagedSpotTraining", False)
        billable = None
        if seconds is not None:
            # Spot prices are a market's; the sandbox counts a saving of 70 %.
            billable = max(1, math.ceil(seconds * 0.3)) if spot else seconds
        self._sink.flush()
        self._records.update(
            record,
            TrainingJobStatus=status,
            FailureReason=failure[:1024] if failure else None,
            TrainingEndTime=moment,
            TrainingTimeInSeconds=seconds,
            BillableTimeInSeconds=billable,
            FinalMetricDataList=[
                {"MetricName": name, "Value": values[-1], "Timestamp": self._metric_times[name]}
                for name, values in self._metrics.values.items()
            ]
            or None,
        )

    def _run(self, job: Job) -> bool:
        """Whether the job ran into its time limit."""
        record = self._record
        python = images.interpreter(record["AlgorithmSpecification"].get("TrainingImage"))
        transfer = Transfer(self._context, record[REGION])
        shutil.rmtree(job.directory, ignore_errors=True)
        images.write_programs(job.directory / "bin", python)
        resources = record.get("ResourceConfig", {})
        count = int(resources.get("InstanceCount", 1)) or 1
        hosts = host_addresses(count)
        enter(self._records, record, "Downloading")
        trees = self._download(job, transfer, hosts)
        checkpoints = self._checkpoints(transfer, trees[0])
        if checkpoints is not None:
            checkpoints.restore()
        processes = [
            self._process(job, tree, hosts, host) for tree, host in zip(trees, hosts, strict=True)
        ]
        if job.stop_requested.is_set():
            return False
        self._records.update(record, TrainingStartTime=now())
        outcome = self._train(job, processes, checkpoints)
        failure = self._failure(trees, processes, outcome)
        if job.interrupted:
            return False
        enter(self._records, record, "Uploading")
        artifacts = training_files.upload(job.directory, transfer, record, trees)
        self._records.update(record, ModelArtifacts={"S3ModelArtifacts": artifacts})
        if failure is not None:
            raise JobError(failure)
        return outcome.timed_out

    def _train(
        self, job: Job, processes: list[Process], checkpoints: DirectorySync | None
    ) -> Outcome:
        record = self._record
        condition = record.get("StoppingCondition", {})
        limit = float(condition.get("MaxRuntimeInSeconds", 86400))
        interrupt = float(record.get("Environment", {}).get(INTERRUPT_VARIABLE, 0))
        interrupt = interrupt if record.get("EnableManagedSpotTraining") else 0
        while True:
            enter(self._records, record, "Training")
            ended = threading.Event()
            pusher = threading.Thread(
                target=self._push_checkpoints, args=(checkpoints, ended), daemon=True
            )
            pusher.start()
            outcome = job.run(
                processes,
                on_line=self._line,
                timeout=min(limit, interrupt) if interrupt else limit,
                grace=STOP_GRACE,
                isolate_network=bool(record.get("EnableNetworkIsolation")),
            )
            ended.set()
            pusher.join()
            self._trained += outcome.seconds
            if not (interrupt and outcome.timed_out) or outcome.stopped:
                return outcome
            interrupt = 0
            enter(self._records, record, "Interrupted")
            enter(self._records, record, "Restarting")

    @staticmethod
    def _push_checkpoints(checkpoints: DirectorySync | None, ended: threading.Event) -> None:
        if checkpoints is None:
            return
        while True:
            last = ended.wait(CHECKPOINT_SECONDS)
            try:
                checkpoints.push()
            except JobError as error:
                log.warning("checkpoints: %s", error)
            if last:
                return

    def _download(self, job: Job, transfer: Transfer, hosts: list[str]) -> list[MlTree]:
        channels = self._record.get("InputDataConfig", [])
        trees = []
        for number, host in enumerate(hosts):
            root = job.directory / "hosts" / host / "ml"
            tree = MlTree(root, container.OPT_ML if isolation().mounts else str(root))
            tree.create([channel["ChannelName"] for channel in channels])
            for channel in channels:
                target = root / "input/data" / channel["ChannelName"]
                training_files.download_channel(
                    transfer, channel, target, shard=(number, len(hosts))
                )
            trees.append(tree)
        return trees

    def _checkpoints(self, transfer: Transfer, tree: MlTree) -> DirectorySync | None:
        config = self._record.get("CheckpointConfig")
        if not config:
            return None
        directory = tree.on_disk(config.get("LocalPath", "/opt/ml/checkpoints"))
        if directory is None:
            raise JobError("ClientError: CheckpointConfig.LocalPath must be below /opt/ml")
        directory.mkdir(parents=True, exist_ok=True)
        return DirectorySync(transfer, directory, Location.parse(config["S3Uri"]))

    def _process(self, job: Job, tree: MlTree, hosts: list[str], host: str) -> Process:
        record = self._record
        config = container.write_configuration(tree, record, hosts, host)
        isolated = bool(record.get("EnableNetworkIsolation"))
        region = record[REGION]
        env = container.environment(
            tree,
            record,
            config=config,
            region=region,
            programs=job.directory / "bin",
            sdk={} if isolated else sdk_environment(self._context.endpoint_url, region),
        )
        argv = self._command(tree, env)
        env["SM_TRAINING_ENV"] = json.dumps({k: v for k, v in env.items() if k.startswith("SM_")})
        return Process(
            name=f"algo-{hosts.index(host) + 1}",
            argv=argv,
            env=env,
            cwd=Path(tree.seen("code")),
            opt_ml=tree.root,
        )

    def _command(self, tree: MlTree, env: dict[str, str]) -> list[str]:
        algorithm = self._record["AlgorithmSpecification"]
        entrypoint = [
            *algorithm.get("ContainerEntrypoint", []),
            *algorithm.get("ContainerArguments", []),
        ]
        if entrypoint:
            training_files.translate_scripts(tree)
            return [tree.translated(part) for part in entrypoint]
        decoded = container.decode(self._record.get("HyperParameters", {}))
        parameters, toolkit = container.split_parameters(decoded)
        program = toolkit.get("sagemaker_program")
        if not program:
            raise JobError(
                "AlgorithmError: framework error: hyper-parameter 'sagemaker_program' names the "
                "script to run and is missing"
            )
        self._unpack_code(tree, str(toolkit.get("sagemaker_submit_directory", "")))
        if not (tree.root / "code" / program).is_file():
            raise JobError(f"AlgorithmError: the submitted code has no file {program!r}")
        if (tree.root / "code" / "requirements.txt").exists():
            self._line(
                "algo-1",
                "requirements.txt is not installed by the sandbox: the job runs with the "
                "sandbox's own packages",
            )
        env["PYTHONPATH"] = tree.seen("code")
        return container.script_command(program, container.command_arguments(parameters))

    def _unpack_code(self, tree: MlTree, source: str) -> None:
        code = tree.root / "code"
        if source.startswith("s3://"):
            archive = tree.root / "input" / "sourcedir.tar.gz"
            Transfer(self._context, self._record[REGION]).download(Location.parse(source), archive)
        else:
            path = tree.on_disk(source)
            if path is None or not path.exists():
                raise JobError(f"AlgorithmError: sagemaker_submit_directory {source!r} is missing")
            if path.is_dir():
                shutil.copytree(path, code, dirs_exist_ok=True)
                return
            archive = path
        try:
            unpack(archive, code, limit=CODE_LIMIT)
        except JobError as error:
            raise JobError(f"AlgorithmError: {source}: {error}") from error

    def _line(self, process: str, line: str) -> None:
        record = self._record
        name = record["TrainingJobName"]
        stream = f"{name}/{process}-{self._stream_stamp}"
        self._sink.write(record[ACCOUNT], record[REGION], LOG_GROUP, stream, line)
        self._tail = [*self._tail[-19:], line]
        found = self._metrics.read(line)
        if not found:
            return
        for metric, value in found:
            self._metric_times[metric] = now()
            self._on_metric(metric, value)
        host = {"Host": f"{name}/{process}"}
        put_metric(
            record[ACCOUNT],
            record[REGION],
            NAMESPACE,
            [(metric, value, "None", host) for metric, value in found],
        )
        self._context.changed("cloudwatch")

    def _failure(
        self, trees: list[MlTree], processes: list[Process], outcome: Outcome
    ) -> str | None:
        if outcome.stopped or outcome.timed_out:
            return None
        failed = {name: code for name, code in outcome.exit_codes.items() if code != 0}
        if not failed:
            return None
        code = next(iter(failed.values()))
        for tree in trees:
            path = tree.root / "output/failure"
            if path.is_file() and path.stat().st_size:
                text = path.read_bytes()[:900].decode("utf-8", "replace")
                return f"AlgorithmError: {text}, exit code: {code}"
        errors = [line for line in self._tail if line.strip()][-5:]
        command = " ".join(processes[0].argv)
        message = "\n".join(errors)[-600:]
        return (
            f"AlgorithmError: ExecuteUserScriptError:\nExitCode {code}\n"
            f'ErrorMessage "{message}"\nCommand "{command[:200]}", exit code: {code}'
        )
