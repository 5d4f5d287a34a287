"""One run of a CustomJobSpec: a process for each replica of each worker pool."""

import ipaddress
import itertools
import json
import os
import shutil
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.errors import JobError
from sandbox.gcp.context import Context
from sandbox.gcp.vertex import images, packages
from sandbox.gcp.vertex.job_spec import timeout_seconds
from sandbox.jobs import Job, Outcome
from sandbox.processes import Process
from sandbox.programs import write_programs
from sandbox.store import Record

PORT = 2222
STOP_GRACE = 10.0
TAIL_LINES = 20
# A job's environment may ask for one preemption, to prove that checkpoints work.
INTERRUPT_VARIABLE = "SANDBOX_SPOT_INTERRUPT_AFTER"

_blocks = itertools.count(1)
_blocks_lock = threading.Lock()


def _addresses(count: int) -> list[str]:
    """Loopback addresses that no other job has."""
    with _blocks_lock:
        block = next(_blocks) % 60000
    base = int(ipaddress.IPv4Address("127.2.0.0")) + block * 256
    return [str(ipaddress.IPv4Address(base + number)) for number in range(1, count + 1)]


@dataclass(kw_only=True)
class Run:
    """What to run and for whom.

    Attributes:
        spec: a CustomJobSpec.
        output: base output directory, ``gs://...``, or ``None``.
        arguments: appended to the arguments of every pool.
        extra: environment variables of this run.
        on_line: gets replica name and line.
    """

    context: Context
    project: str
    location: str
    job_id: str
    spec: Record
    output: str | None
    on_line: Callable[[str, str], None]
    trial: str = ""
    arguments: Sequence[str] = ()
    extra: dict[str, str] = field(default_factory=dict)
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
            processes = self._processes(scratch)
            outcome = self._run(job, processes)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        if outcome.stopped or outcome.succeeded:
            return outcome
        if outcome.timed_out:
            raise JobError("Job timeout: the job ran longer than scheduling.timeout.")
        replica, code = next((name, code) for name, code in outcome.exit_codes.items() if code != 0)
        last = " | ".join(line for line in self.tail if line.strip())
        name = f"{self.job_id}/trial-{self.trial}" if self.trial else self.job_id
        raise JobError(
            f"The replica {replica} exited with a non-zero status of {code}. Its last lines: "
            f"{last[-900:] or 'none'}. All of its log: python -m sandbox logs {name}"
        )

    def _run(self, job: Job, processes: list[Process]) -> Outcome:
        limit = timeout_seconds(self.spec)
        spot = self.spec.get("scheduling", {}).get("strategy") == "SPOT"
        after = float(processes[0].env.get(INTERRUPT_VARIABLE, 0)) if spot else 0.0
        if after and after < limit:
            outcome = job.run(processes, on_line=self._line, timeout=after, grace=STOP_GRACE)
            if not outcome.timed_out or outcome.stopped:
                return outcome
            self._line("service", "the spot machine was preempted; the job is restarted")
        return job.run(processes, on_line=self._line, timeout=limit, grace=STOP_GRACE)

    def _line(self, replica: str, line: str) -> None:
        self.tail = [*self.tail[-(TAIL_LINES - 1) :], line]
        self.on_line(replica, line)

    def _processes(self, scratch: Path) -> list[Process]:
        pools = [pool for pool in self.spec["workerPoolSpecs"] if pool]
        counts = [int(pool.get("replicaCount", 1)) for pool in pools]
        addresses = iter(_addresses(sum(counts)))
        hosts = [[f"{next(addresses)}:{PORT}" for _ in range(count)] for count in counts]
        return [
            self._process(scratch, pool, hosts, number, index)
            for number, pool in enumerate(pools)
            for index in range(counts[number])
        ]

    def _process(
        self, scratch: Path, pool: Record, hosts: list[list[str]], number: int, index: int
    ) -> Process:
        name = f"workerpool{number}-{index}"
        container = pool.get("containerSpec")
        specification = container or pool["pythonPackageSpec"]
        image = specification.get("imageUri") or specification.get("executorImageUri")
        runtime = images.runtime(image, "training")
        directory = scratch / name
        work = directory / "work"
        if runtime.directory is not None:
            if not runtime.directory.is_dir():
                raise JobError(f"image {image}: {runtime.directory} is not a directory")
            ignored = shutil.ignore_patterns("__pycache__", "*.pyc")
            shutil.copytree(runtime.directory, work, ignore=ignored)
        work.mkdir(parents=True, exist_ok=True)
        write_programs(directory / "bin", runtime.python)
        env = self._environment(directory, hosts, number, index)
        arguments = [*specification.get("args", []), *self.arguments]
        if container is not None:
            command = list(container.get("command", []))
            if not command:
                raise JobError(
                    f"image {image} has no entry point in the sandbox: give container_spec.command"
                )
            argv = [*command, *arguments]
        else:
            paths = packages.install(
                self.context,
                specification["packageUris"],
                directory / "packages",
                lambda text: self._line(name, text),
            )
            env["PYTHONPATH"] = os.pathsep.join(str(path) for path in paths)
            argv = ["python", "-m", specification["pythonModule"], *arguments]
        env |= {item["name"]: item.get("value", "") for item in specification.get("env", [])}
        env |= self.extra
        return Process(name=name, argv=argv, env=env, cwd=work)

    def _environment(
        self, directory: Path, hosts: list[list[str]], number: int, index: int
    ) -> dict[str, str]:
        home, temporary = directory / "home", directory / "tmp"
        home.mkdir()
        temporary.mkdir()
        everyone = [host for pool in hosts for host in pool]
        rank = sum(len(pool) for pool in hosts[:number]) + index
        master, port = everyone[0].split(":")
        job = json.dumps(self.spec)
        cluster = {f"workerpool{place}": pool for place, pool in enumerate(hosts)}
        task: dict[str, Any] = {"type": f"workerpool{number}", "index": index, "trial": self.trial}
        env = {
            "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "TMPDIR": str(temporary),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "CLOUD_ML_JOB_ID": self.job_id,
            "CLOUD_ML_PROJECT_ID": self.project,
            "CLOUD_ML_REGION": self.location,
            "CLOUD_ML_JOB": job,
            "CLUSTER_SPEC": json.dumps(
                {"cluster": cluster, "environment": "cloud", "task": task, "job": job}
            ),
            "TF_CONFIG": json.dumps(_tensorflow(hosts, number, index)),
            "MASTER_ADDR": master,
            "MASTER_PORT": port,
            "WORLD_SIZE": str(len(everyone)),
            "RANK": str(rank),
            **self.context.environment(self.project),
        }
        if self.output:
            base = self.output.rstrip("/")
            env |= {
                "AIP_MODEL_DIR": f"{base}/model/",
                "AIP_CHECKPOINT_DIR": f"{base}/checkpoints/",
                "AIP_TENSORBOARD_LOG_DIR": f"{base}/logs/",
            }
        if self.trial:
            env["CLOUD_ML_TRIAL_ID"] = self.trial
        return env


def _tensorflow(hosts: list[list[str]], number: int, index: int) -> Record:
    """The pools under TensorFlow's own names."""
    names = ["chief", "worker", "ps", "evaluator"]
    cluster = {names[place]: pool for place, pool in enumerate(hosts) if pool}
    return {
        "cluster": cluster,
        "task": {"type": names[number], "index": index},
        "environment": "cloud",
    }
