"""A copy of the project with a stack, a backend and a sandbox of its own, driven like a user's."""

import contextlib
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
import httpx
import psutil
import yaml

from tools import paths, workspace
from tools.errors import ToolError
from tools.stack import Stack

ROW = [39.1, 18.7, 181.0, 3750.0]
NAME = "trimaran-local"
UP = ("up", "--yes", "--skip-preview")
ASK_ALL = """
import json, sys
from tools import predictors
rows, outputs = json.loads(sys.argv[1]), json.load(sys.stdin)
print(json.dumps({
    cloud: [ask(own, rows)[0]["label"] for ask in predictors.ways(cloud, own).values()]
    for cloud, own in outputs.items()
}))
"""


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A `pulumi` command that ended."""

    status: int
    text: str

    def counted(self, change: str) -> int:
        """The number that the summary gives for ``created``, ``unchanged`` and so on."""
        plain = re.sub(r"\x1b\[[0-9;]*m", "", self.text)
        summary = plain.rsplit("Resources:", 1)[-1]
        found = re.search(rf"(\d+) {change}", summary)
        return int(found.group(1)) if found else 0


class Environment(Stack):
    """Stack `local`'s neighbour: another environment in the same sandbox."""

    @property
    def sandboxed(self) -> bool:
        return True


@dataclass
class Project:
    """One workspace; :meth:`close` leaves nothing behind.

    name: of the stack. beside: whose sandbox it is in, where it has none of its own.
    """

    directory: Path
    clouds: tuple[str, ...]
    name: str = "local"
    beside: "Project | None" = None
    stack: Stack = field(init=False)

    def __post_init__(self) -> None:
        workspace.make(self.directory)
        home = (self.beside or self).directory
        self.stack = Environment(
            name=self.name, project=self.directory, sandbox_state=home / ".sandbox"
        )
        if self.beside is None:
            self.configure("clouds", list(self.clouds))
            self.stack.start_sandbox()
        else:
            local = self.directory / "Pulumi.local.yaml"
            local.rename(self.settings)
            self.configure("clouds", list(self.clouds))
            # What an account has once is the first environment's.
            for key in ("aws.manages_account", "gcp.manages_project", "azure.manages_subscription"):
                self.configure(key, False)
        self.stack.create()

    @property
    def settings(self) -> Path:
        """The stack's settings file."""
        return self.directory / f"Pulumi.{self.name}.yaml"

    def close(self) -> None:
        """Stops the sandbox and whatever runs in it; a neighbour takes its own things away."""
        if self.beside is None:
            assert self.stack.sandbox("stop") == 0
        elif self.stack.export()["deployment"].get("resources"):
            self.pulumi("destroy", "--yes", "--skip-preview")

    def pulumi(self, *arguments: str, timeout: float = 600) -> Ran:
        """Runs `pulumi … --stack NAME --non-interactive` to its end."""
        ended = subprocess.run(
            ["pulumi", *arguments, "--stack", self.name, "--non-interactive"],
            cwd=self.directory,
            env=self.stack.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(status=ended.returncode, text=ended.stdout)

    def make(self, verb: str, *words: str, timeout: float = 600) -> Ran:
        """Runs `make VERB …`, the set-up left out: the virtual environment is a link here."""
        ended = subprocess.run(
            ["make", verb, "setup=true", *words],
            cwd=self.directory,
            env={**self.stack.base, "SANDBOX_STATE": str(self.stack.sandbox_state)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(status=ended.returncode, text=ended.stdout)

    def up(self, *arguments: str) -> Ran:
        """`pulumi up` that has to succeed."""
        ran = self.pulumi(*UP, *arguments)
        assert ran.status == 0, ran.text
        return ran

    def kill_up_when(self, reached: Callable[[], bool], *, seconds: float = 120) -> None:
        """Starts `pulumi up` and kills it with SIGKILL once ``reached`` says so.

        What the engine started (program, provider) has to notice by itself and end.
        """
        with subprocess.Popen(
            ["pulumi", *UP, "--stack", "local", "--non-interactive"],
            cwd=self.directory,
            env=self.stack.environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:
            children: list[psutil.Process] = []
            deadline = time.monotonic() + seconds
            while not _holds(reached):
                assert running.poll() is None, "`pulumi up` ended before the point to kill it"
                assert time.monotonic() < deadline, "`pulumi up` did not get to the point"
                with contextlib.suppress(psutil.NoSuchProcess):
                    children = psutil.Process(running.pid).children(recursive=True)
                time.sleep(0.05)
            with contextlib.suppress(psutil.NoSuchProcess):
                children = psutil.Process(running.pid).children(recursive=True)
            running.send_signal(signal.SIGKILL)
            running.wait()
        _, alive = psutil.wait_procs(children, timeout=20)
        assert [process.name() for process in alive] == []
        # As `make up` does before the next run.
        self.stack.clear_stale_locks()
        assert self.stack.recover() == 0

    def configure(self, key: str, value: Any) -> None:
        """Sets ``key`` (dots between its parts) of the stack's settings; None removes it."""
        path = self.settings
        content = yaml.safe_load(path.read_text())
        section = content["config"]
        first, *rest = key.split(".")
        parts = [f"trimaran:{first}", *rest]
        for part in parts[:-1]:
            section = section.setdefault(part, {})
        if value is None:
            section.pop(parts[-1], None)
        else:
            section[parts[-1]] = value
        path.write_text(yaml.safe_dump(content, sort_keys=False))

    def client(self, service: str) -> Any:
        """An official client of the sandbox's AWS."""
        environ = self.stack.environ
        return boto3.client(
            service,
            endpoint_url=environ["AWS_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
        )

    @cached_property
    def sagemaker(self) -> Any:
        """The client that most tests need."""
        return self.client("sagemaker")

    @cached_property
    def runtime(self) -> Any:
        """The client that asks endpoints."""
        return self.client("sagemaker-runtime")

    def predict(self, rows: Sequence[Sequence[float]] = (ROW,)) -> list[dict[str, Any]]:
        """What the endpoint answers."""
        answer = self.runtime.invoke_endpoint(
            EndpointName=f"trimaran-{self.name}",
            ContentType="application/json",
            Body=json.dumps([*map(list, rows)]),
        )
        predictions: list[dict[str, Any]] = json.load(answer["Body"])["predictions"]
        return predictions

    def outputs(self) -> dict[str, Any]:
        """The AWS part of the stack's outputs."""
        own: dict[str, Any] = self.stack.outputs()["aws"]
        return own

    def gcp(self, path: str) -> dict[str, Any]:
        """What a GET of the sandbox's GCP answers."""
        answer = httpx.get(f"{self.stack.environ['GOOGLE_CLOUD_ENDPOINT_URL']}{path}", timeout=60)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def predict_in_gcp(self) -> dict[str, Any]:
        """What GCP's endpoint answers to :data:`ROW`."""
        name = self.stack.outputs()["gcp"]["endpoint_name"]
        answer = httpx.post(
            f"{self.stack.environ['GOOGLE_CLOUD_ENDPOINT_URL']}/v1/{name}:predict",
            json={"instances": [ROW]},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        (prediction,) = answer.json()["predictions"]
        found: dict[str, Any] = prediction
        return found

    def labels(self) -> dict[str, list[str]]:
        """What every endpoint of every cloud answers to :data:`ROW`, by the clouds' own clients."""
        asked = subprocess.run(
            [paths.venv_python(self.directory), "-c", ASK_ALL, json.dumps([ROW])],
            input=json.dumps(self.stack.outputs(show_secrets=True)),
            cwd=self.directory,
            env=self.stack.environ,
            stdout=subprocess.PIPE,
            text=True,
            timeout=120,
            check=True,
        )
        found: dict[str, list[str]] = json.loads(asked.stdout)
        return found

    def endpoint(self) -> dict[str, Any]:
        """The endpoint as SageMaker describes it."""
        name = f"trimaran-{self.name}"
        described: dict[str, Any] = self.sagemaker.describe_endpoint(EndpointName=name)
        return described

    def processes(self) -> list[str]:
        """Command lines of all processes that belong to this project's directory."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            line = " ".join(process.info["cmdline"] or ())
            if str(self.directory) in line and process.pid != os.getpid():
                found.append(line)
        return found


def inventory(project: Project) -> Mapping[str, list[str]]:
    """The names of everything in the sandbox's account that a stack could leave behind."""
    sagemaker, glue, logs = (project.client(name) for name in ("sagemaker", "glue", "logs"))
    kms, iam, ec2 = (project.client(name) for name in ("kms", "iam", "ec2"))
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    states = {key: kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] for key in keys}
    cloudwatch, scaling = project.client("cloudwatch"), project.client("application-autoscaling")
    alarms = cloudwatch.describe_alarms()
    budgets = project.client("budgets").describe_budgets(AccountId="123456789012")
    workgroups = project.client("athena").list_work_groups()["WorkGroups"]
    targets = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    return {
        "buckets": _names(project.client("s3").list_buckets()["Buckets"], "Name"),
        # The cloud deletes a key after a waiting time only.
        "keys": sorted(key for key, state in states.items() if state != "PendingDeletion"),
        "aliases": _names(kms.list_aliases()["Aliases"], "AliasName"),
        "roles": _names(iam.list_roles()["Roles"], "RoleName"),
        "log groups": _names(logs.describe_log_groups()["logGroups"], "logGroupName"),
        "databases": _names(glue.get_databases()["DatabaseList"], "Name"),
        "crawlers": _names(glue.get_crawlers()["Crawlers"], "Name"),
        "glue jobs": _names(glue.get_jobs()["Jobs"], "Name"),
        "glue triggers": sorted(glue.list_triggers()["TriggerNames"]),
        "security configurations": _names(
            glue.get_security_configurations()["SecurityConfigurations"], "Name"
        ),
        "workgroups": _names(workgroups, "Name"),
        "training jobs": _names(
            sagemaker.list_training_jobs()["TrainingJobSummaries"], "TrainingJobName"
        ),
        "models": _names(sagemaker.list_models()["Models"], "ModelName"),
        "endpoint configurations": _names(
            sagemaker.list_endpoint_configs()["EndpointConfigs"], "EndpointConfigName"
        ),
        "endpoints": _names(sagemaker.list_endpoints()["Endpoints"], "EndpointName"),
        "alarms": _names(alarms["MetricAlarms"] + alarms["CompositeAlarms"], "AlarmName"),
        "dashboards": _names(cloudwatch.list_dashboards()["DashboardEntries"], "DashboardName"),
        "topics": _names(project.client("sns").list_topics()["Topics"], "TopicArn"),
        "budgets": _names(budgets.get("Budgets", []), "BudgetName"),
        "scalable targets": _names(targets, "ResourceId"),
        "networks": _names(ec2.describe_vpcs()["Vpcs"], "VpcId"),
    }


def inventory_of_gcp(project: Project) -> Mapping[str, list[str]]:
    """The same in the sandbox's GCP, without key rings and keys, which nobody can delete."""
    root = "projects/trimaran-local"
    place = f"/v1/{root}/locations/us-central1"
    jobs = project.gcp('/v1/transferJobs?filter={"projectId":"trimaran-local"}')
    pools = project.gcp(f"/v1/{root}/locations/global/workloadIdentityPools")
    listed = {
        "buckets": ("/storage/v1/b?project=trimaran-local", "items"),
        "service accounts": (f"/v1/{root}/serviceAccounts", "accounts"),
        "endpoints": (f"{place}/endpoints", "endpoints"),
        "models": (f"{place}/models", "models"),
        "custom jobs": (f"{place}/customJobs", "customJobs"),
        "sinks": (f"/v2/{root}/sinks", "sinks"),
        "alert policies": (f"/v3/{root}/alertPolicies", "alertPolicies"),
        "channels": (f"/v3/{root}/notificationChannels", "notificationChannels"),
        "dashboards": (f"/v1/{root}/dashboards", "dashboards"),
        # pragma: allowlist nextline secret
        "budgets": ("/v1/billingAccounts/012345-6789AB-CDEF01/budgets", "budgets"),
        "networks": (f"/compute/v1/{root}/global/networks", "items"),
        "firewalls": (f"/compute/v1/{root}/global/firewalls", "items"),
    }
    found = {kind: _names(project.gcp(p).get(key, []), "name") for kind, (p, key) in listed.items()}
    kept = [job for job in jobs.get("transferJobs", []) if job["status"] != "DELETED"]
    return {
        **found,
        "transfer jobs": _names(kept, "name"),
        # Told for 30 days more, as deleted.
        "pools": _names(
            [p for p in pools.get("workloadIdentityPools", []) if p["state"] != "DELETED"], "name"
        ),
    }


def _names(items: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    return sorted(str(item[key]) for item in items)


@contextlib.contextmanager
def fresh(
    directory: Path, *clouds: str, name: str = "local", beside: Project | None = None
) -> Iterator[Project]:
    """A project with ``clouds`` and nothing in it yet; its sandbox is gone afterwards.

    With a ``name``, another environment in the sandbox of the project ``beside``.
    """
    project = Project(directory, clouds, name, beside)
    try:
        yield project
    finally:
        project.close()


def _holds(reached: Callable[[], bool]) -> bool:
    try:
        return reached()
    except ToolError:
        # The engine writes the state in place: who reads it meanwhile may find half of it.
        return False
