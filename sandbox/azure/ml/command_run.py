"""One run of a command job: code and inputs fetched, processes run, outputs and logs stored."""

import contextlib
import itertools
import json
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.azure.context import Context
from sandbox.azure.images import runtime
from sandbox.azure.ml.durations import seconds_of
from sandbox.azure.ml.places import Place, Places
from sandbox.errors import JobError
from sandbox.jobs import Job, Outcome
from sandbox.processes import Process
from sandbox.programs import write_programs
from sandbox.store import Record

MASTER_PORT: Final = "6105"
STOP_GRACE: Final = 10.0
LOG_SECONDS: Final = 1.0
TAIL_LINES: Final = 15
TOKEN_SECONDS: Final = 7 * 86400
_EXPRESSION: Final = re.compile(r"\$\{\{\s*(?P<group>\w+)\.(?P<name>\w+)(?:\.path)?\s*\}\}")
_numbers = itertools.count(1)


class JobTimeoutError(JobError):
    """The job ran for longer than its limit."""


def environment_image(context: Context, identifier: str) -> str:
    """The image of an environment's version.

    Raises:
        JobError: there is none, or it has to be built.
    """
    if identifier.startswith("azureml://registries/azureml/environments/"):
        name = identifier.removeprefix("azureml://registries/azureml/environments/")
        return f"mcr.microsoft.com/azureml/curated/{name.partition('/')[0]}"
    record = context.resources.get(identifier.removeprefix("azureml:"))
    if record is None:
        raise JobError(f"there is no environment {identifier}")
    image = record["properties"].get("image")
    if not image:
        raise JobError(f"environment {identifier} has no image: the sandbox builds none")
    return str(image)


@dataclass(kw_only=True)
class CommandRun:
    """What to run.

    Attributes:
        name: the job's or the trial's.
        spec: properties of the command job, or of a sweep's trial with its inputs and outputs.
        parameters: of a trial.
        on_state: gets the states that follow: ``Preparing``, ``Running``, ``Finalizing``.
    """

    context: Context
    places: Places
    workspace: Record
    name: str
    spec: Mapping[str, Any]
    on_state: Callable[[str], None]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    tail: list[str] = field(default_factory=list)

    def __call__(self, job: Job) -> Outcome:
        """Run to the end.

        Raises:
            JobError: the text is the job's error.
        """
        scratch = job.directory / "run"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        try:
            self.on_state("Preparing")
            words = self._words(scratch)
            processes = self._processes(scratch, words)
            self.on_state("Running")
            limit = seconds_of((self.spec.get("limits") or {}).get("timeout"))
            with self._logs_stored(job):
                outcome = job.run(processes, on_line=self._line, timeout=limit, grace=STOP_GRACE)
            self.on_state("Finalizing")
            self._store(scratch, job)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if outcome.stopped or outcome.succeeded:
            return outcome
        if outcome.timed_out:
            raise JobTimeoutError(f"The job was canceled: it ran longer than {limit:.0f} s.")
        code = next(code for code in outcome.exit_codes.values() if code != 0)
        last = " | ".join(line for line in self.tail if line.strip())
        raise JobError(
            f"Execution failed. User process exited with status code {code}. Its last lines: "
            f"{last[-900:] or 'none'}."
        )

    # Before.

    def _words(self, scratch: Path) -> dict[str, str]:
        """What the expressions of the command stand for; inputs are fetched."""
        words = {f"search_space.{name}": str(value) for name, value in self.parameters.items()}
        for name, given in (self.spec.get("inputs") or {}).items():
            words[f"inputs.{name}"] = self._input(name, given, scratch)
        for name, given in (self.spec.get("outputs") or {}).items():
            words[f"outputs.{name}"] = self._output(name, given, scratch)
        return words

    def _input(self, name: str, given: Mapping[str, Any], scratch: Path) -> str:
        if given.get("jobInputType") == "literal":
            return str(given.get("value", ""))
        uri = str(given.get("uri") or "")
        mode = given.get("mode") or "ReadOnlyMount"
        if mode == "Direct":
            return uri
        place = self.places.find(uri)
        target = scratch / "inputs" / name
        if given.get("jobInputType") == "uri_file":
            target = target / Path(place.path).name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.places.download(place, target)
        return str(target)

    def output_uri(self, name: str, given: Mapping[str, Any]) -> str:
        """Where an output goes."""
        uri = given.get("uri") or self.places.default_output(self.name, name)
        return re.sub(r"\$\{\{\s*name\s*\}\}", self.name, str(uri))

    def _output(self, name: str, given: Mapping[str, Any], scratch: Path) -> str:
        uri = self.output_uri(name, given)
        if given.get("mode") == "Direct":
            return uri
        place, target = self.places.find(uri), scratch / "outputs" / name
        if given.get("jobOutputType") == "uri_file":
            target = target / Path(place.path).name
            target.parent.mkdir(parents=True)
        else:
            target.mkdir(parents=True)
            if given.get("mode", "ReadWriteMount") == "ReadWriteMount":
                # A mount shows what is there already, such as checkpoints.
                with contextlib.suppress(JobError):
                    self.places.download(place, target)
        return str(target)

    def _command(self, words: Mapping[str, str]) -> str:
        def word(match: re.Match[str]) -> str:
            key = f"{match['group']}.{match['name']}"
            if key not in words:
                raise JobError(f"the command names {match[0]}, which the job does not have")
            return words[key]

        return _EXPRESSION.sub(word, str(self.spec["command"]))

    def _processes(self, scratch: Path, words: Mapping[str, str]) -> list[Process]:
        image = runtime(environment_image(self.context, str(self.spec["environmentId"])))
        command = self._command(words)
        distribution = self.spec.get("distribution") or {}
        nodes = int((self.spec.get("resources") or {}).get("instanceCount") or 1)
        each = int(distribution.get("processCountPerInstance") or 1)
        if not distribution and nodes > 1:
            nodes = 1  # without a distribution the command runs on the first node only
        block = next(_numbers) % 60000
        addresses = [f"127.4.{block // 250}.{1 + (block + node) % 250}" for node in range(nodes)]
        processes = []
        for node in range(nodes):
            work = scratch / f"node-{node}" / "work"
            work.mkdir(parents=True)
            if image.directory is not None:
                shutil.copytree(image.directory, work, dirs_exist_ok=True)
            self._fetch_code(work)
            write_programs(work.parent / "bin", image.python)
            for local in range(each):
                rank = node * each + local
                env = self._environment(work.parent, words)
                env |= _distributed(distribution, addresses, node, local, each)
                name = "std_log" if nodes * each == 1 else f"std_log_process_{rank:02d}"
                argv = ["/bin/bash", "-c", command]
                processes.append(Process(name=name, argv=argv, env=env, cwd=work))
        return processes

    def _fetch_code(self, work: Path) -> None:
        code = self.spec.get("codeId")
        if code:
            self.places.download(self.places.find(self.places.asset_uri(str(code), "codes")), work)

    def _environment(self, node: Path, words: Mapping[str, str]) -> dict[str, str]:
        home, temporary = node / "home", node / "tmp"
        home.mkdir(exist_ok=True)
        temporary.mkdir(exist_ok=True)
        parts = str(self.workspace["id"]).split("/")
        experiment = str(self.spec.get("experimentName") or "Default")
        token = self.context.tokens.give("https://ml.azure.com", lifetime=TOKEN_SECONDS)
        client = (self.spec.get("identity") or {}).get("clientId")
        env = {
            **self.context.environment(client_id=client),
            "PATH": f"{node / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "AZUREML_RUN_ID": self.name,
            "AZUREML_ROOT_RUN_ID": self.parent or self.name,
            "AZUREML_RUN_TOKEN": token,
            "AZUREML_SERVICE_ENDPOINT": self.context.url,
            "AZUREML_EXPERIMENT_NAME": experiment,
            "AZUREML_ARM_SUBSCRIPTION": parts[2],
            "AZUREML_ARM_RESOURCEGROUP": parts[4],
            "AZUREML_ARM_WORKSPACE_NAME": parts[8],
            "AZUREML_ARM_PROJECT_NAME": experiment,
            "AZUREML_WORKSPACE_ID": str(self.workspace["properties"]["workspaceId"]),
            # What plain MLflow understands; Azure's plugin for azureml:// is not installed here.
            "MLFLOW_TRACKING_URI": f"{self.context.url}/mlflow/v1.0{self.workspace['id']}",
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_RUN_ID": self.name,
            "MLFLOW_EXPERIMENT_ID": experiment,
            "MLFLOW_EXPERIMENT_NAME": experiment,
        }
        if client:
            env["DEFAULT_IDENTITY_CLIENT_ID"] = str(client)
        for name, value in words.items():
            group, _, short = name.partition(".")
            if group in ("inputs", "outputs"):
                env[f"AZURE_ML_{group[:-1].upper()}_{short}"] = value
        given = self.spec.get("environmentVariables") or {}
        return env | {str(name): str(value) for name, value in given.items()}

    # During and after.

    def _line(self, _: str, line: str) -> None:
        self.tail = [*self.tail[-(TAIL_LINES - 1) :], line]

    @contextlib.contextmanager
    def _logs_stored(self, job: Job) -> Iterator[None]:
        """Have the logs in the workspace's storage while the job runs, as Azure ML has."""
        ended = threading.Event()

        def store() -> None:
            sizes: dict[Path, int] = {}
            while True:
                last = ended.wait(LOG_SECONDS)
                for file in sorted(job.logs.glob("std_log*.log")) if job.logs.is_dir() else []:
                    size = file.stat().st_size
                    if sizes.get(file) != size:
                        sizes[file] = size
                        name = f"user_logs/{file.stem}.txt"
                        with contextlib.suppress(JobError):
                            self.places.put(self._run.below(name), file.read_bytes())
                if last:
                    return

        shutil.rmtree(job.logs, ignore_errors=True)
        thread = threading.Thread(target=store, name=f"logs of {self.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join(60)

    @property
    def _run(self) -> Place:
        return self.places.of_run(self.name)

    def _store(self, scratch: Path, job: Job) -> None:
        """Outputs to their places; what is in ``outputs/`` and ``logs/`` to the run's own."""
        for name, given in (self.spec.get("outputs") or {}).items():
            folder = scratch / "outputs" / name
            if given.get("mode") == "Direct" or not folder.exists():
                continue
            place = self.places.find(self.output_uri(name, given))
            if given.get("jobOutputType") == "uri_file":
                file = folder / Path(place.path).name
                if file.exists():
                    self.places.upload(file, place)
            else:
                self.places.upload(folder, place)
        for work in sorted(scratch.glob("node-*/work")):
            for kind in ("outputs", "logs"):
                if (work / kind).is_dir():
                    self.places.upload(work / kind, self._run.below(kind))


def _distributed(
    distribution: Mapping[str, Any], addresses: list[str], node: int, local: int, each: int
) -> dict[str, str]:
    """What the launcher of a distribution tells each of its processes."""
    size, rank = len(addresses) * each, node * each + local
    kind = distribution.get("distributionType")
    common = {"AZ_BATCHAI_MPI_MASTER_NODE": addresses[0], "NODE_RANK": str(node)}
    if kind == "PyTorch":
        return common | {
            "MASTER_ADDR": addresses[0],
            "MASTER_PORT": MASTER_PORT,
            "WORLD_SIZE": str(size),
            "RANK": str(rank),
            "LOCAL_RANK": str(local),
            "LOCAL_WORLD_SIZE": str(each),
        }
    if kind == "Mpi":
        return common | {
            "OMPI_COMM_WORLD_RANK": str(rank),
            "OMPI_COMM_WORLD_SIZE": str(size),
            "OMPI_COMM_WORLD_LOCAL_RANK": str(local),
            "OMPI_COMM_WORLD_LOCAL_SIZE": str(each),
        }
    if kind == "TensorFlow":
        workers = [f"{address}:{MASTER_PORT}" for address in addresses]
        cluster = {"worker": workers}
        config = {"cluster": cluster, "task": {"type": "worker", "index": node}}
        return common | {"TF_CONFIG": json.dumps(config)}
    return common
