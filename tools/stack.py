"""A stack as the make verbs handle it: its environment, and `pulumi` run in it."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from stacks.settings import DataSettings
from tools import azurite, checkpoint, environment, paths, pending, stale_lock
from tools.errors import ToolError


@dataclass(frozen=True, kw_only=True)
class Stack:
    """One stack of the project in `project`.

    sandbox_state: the sandbox's state directory, where it is not the project's own.
    """

    name: str
    project: Path = paths.PROJECT
    sandbox_state: Path | None = None
    base: Mapping[str, str] = field(default_factory=lambda: os.environ)

    @property
    def sandboxed(self) -> bool:
        """Whether the stack is the sandbox's."""
        return self.name == environment.LOCAL

    @property
    def clouds(self) -> tuple[str, ...]:
        """The clouds that the stack's settings switch on; none where they do not say."""
        path = self.project / f"Pulumi.{self.name}.yaml"
        settings = yaml.safe_load(path.read_text()) if path.exists() else None
        found = ((settings or {}).get("config") or {}).get("trimaran:clouds") or ()
        return tuple(str(cloud) for cloud in found)

    @cached_property
    def environ(self) -> dict[str, str]:
        """The environment for `pulumi` and the clouds' SDKs. Taken when first asked for."""
        changed = environment.changes(
            sandboxed=self.sandboxed,
            project=self.project,
            environ=self.base,
            sandbox_state=self.sandbox_state,
        )
        return environment.applied(self.base, changed)

    def start_sandbox(self) -> None:
        """Starts the stack's sandbox where it does not run. Raises ToolError when it cannot."""
        if "azure" in self.clouds:
            azurite.obtain(self.base)
        port = [] if self.sandbox_state is None else ["--port", "0"]
        if self.sandbox("start", *port) != 0:
            raise ToolError("the sandbox did not start", remedy="its log: `make logs`")

    def require_sandbox(self) -> None:
        """Raises ToolError when the stack is the sandbox's and that does not run."""
        if self.sandboxed and "AWS_ENDPOINT_URL" not in self.environ:
            raise ToolError("the sandbox is not running", remedy="start it: `make up`")

    def sandbox(self, *arguments: str) -> int:
        """Runs `python -m sandbox …`, its output shown. Returns its status."""
        environ = dict(self.base)
        if self.sandbox_state is not None:
            environ["SANDBOX_STATE"] = str(self.sandbox_state)
        command = [str(paths.venv_python(self.project)), "-m", "sandbox", *arguments]
        return self.run(command, environ)

    def pulumi(self, *arguments: str) -> int:
        """Runs `pulumi … --stack NAME` with its own display. Returns its status."""
        command = ["pulumi", *arguments, "--stack", self.name]
        return self.run(command, self.environ)

    def run(self, command: list[str], environ: Mapping[str, str]) -> int:
        """Runs a command in the project, its output shown. Returns its status."""
        return run_in_front(command, cwd=self.project, environ=environ)

    def pulumi_checked(self, command: str, *arguments: str) -> int:
        """`pulumi preview` or `up` under the policy pack. Returns its status."""
        return self.pulumi(command, *arguments, "--policy-pack", str(self.project / "policy"))

    def pulumi_json(self, *arguments: str) -> Any:
        """What `pulumi … --stack NAME` prints, read as JSON. Raises ToolError with its words."""
        return json.loads(self.pulumi_text(*arguments))

    def pulumi_text(self, *arguments: str) -> str:
        """What `pulumi … --stack NAME` prints. Raises ToolError with its words."""
        result = subprocess.run(
            ["pulumi", *arguments, "--stack", self.name],
            cwd=self.project,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        if result.returncode != 0:
            raise ToolError(
                f"pulumi {' '.join(arguments)} failed:\n{result.stderr.strip()}",
                remedy=f"is stack {self.name} up? `make up STACK={self.name}`",
            )
        return result.stdout

    def outputs(self, *, show_secrets: bool = False) -> dict[str, Any]:
        """The stack's outputs, secrets as `[secret]` unless they are asked for."""
        shown = ["--show-secrets"] if show_secrets else []
        outputs = self.pulumi_json("stack", "output", "--json", *shown)
        assert isinstance(outputs, dict)
        return outputs

    def exists(self) -> bool:
        """Whether a sandboxed stack has a state in its file backend."""
        name = yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]
        directory = paths.backend(self.project) / ".pulumi" / "stacks" / name
        return any((directory / f"{self.name}{end}").exists() for end in (".json", ".json.gz"))

    def data_settings(self) -> DataSettings:
        """What the stack's settings say of its data."""
        project = yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]
        settings = yaml.safe_load((self.project / f"Pulumi.{self.name}.yaml").read_text())
        return DataSettings.model_validate(settings["config"][f"{project}:data"])

    def mend(self) -> None:
        """Restores a sandboxed stack's last state where a kill cut the current one off."""
        self.clear_stale_locks()
        if any(paths.backend(self.project).glob(".pulumi/locks/**/*.json")):
            return  # somebody is writing it
        name = yaml.safe_load((self.project / "Pulumi.yaml").read_text())["name"]
        if checkpoint.mend(paths.backend(self.project), project=name, stack=self.name):
            print("the last run was killed while it wrote its state: went back to the one before")

    def create(self) -> None:
        """Creates a sandboxed stack where it has no state yet."""
        self.mend()
        if not self.exists():
            command = ["pulumi", "stack", "init", self.name, "--no-select", "--non-interactive"]
            result = subprocess.run(
                command,
                cwd=self.project,
                env=self.environ,
                capture_output=True,
                text=True,
                check=False,
            )
            if result.returncode != 0:
                raise ToolError(
                    f"stack {self.name} could not be created:\n{result.stderr.strip()}",
                    remedy=f"look at {paths.backend(self.project)}",
                )

    def export(self) -> dict[str, Any]:
        """The stack's state, as `pulumi stack export` gives it."""
        exported = self.pulumi_json("stack", "export")
        assert isinstance(exported, dict)
        return exported

    def export_text(self) -> str:
        """The same as it is printed, for whoever compares hashes."""
        return self.pulumi_text("stack", "export")

    def recover(self) -> int:
        """Takes up what a killed run was creating, so that nothing is created twice.

        Returns the status of `pulumi`; 0 when no run was killed.
        """
        if self.sandboxed:
            self.mend()
        exported = self.export()
        if not pending.is_any(exported):
            return 0
        os.environ.update(self.environ)  # for the clouds' SDKs, which look nowhere else
        taken = pending.take_up(exported, pending.found(exported))
        print(f"the last run was killed: taking up {taken} resources that it was creating")
        subprocess.run(
            ["pulumi", "stack", "import", "--stack", self.name],
            cwd=self.project,
            env=self.environ,
            input=json.dumps(exported),
            capture_output=True,
            text=True,
            check=True,
        )
        return self.pulumi("refresh", "--yes", "--skip-preview")

    def clear_stale_locks(self) -> None:
        """Gets a sandboxed stack past the lock of a killed run, and says so.

        Raises ToolError when another run is under way.
        """
        backend = paths.backend(self.project)
        for lock in stale_lock.clear(backend):
            print(f"removed the lock of a run that is gone: {lock.name}")
        if locks := stale_lock.held(backend):
            raise ToolError(
                f"another run of pulumi works on stack {self.name}",
                remedy=f"wait until it ends; its lock is {locks[0]}",
            )


class SandboxedStack(Stack):
    """Any stack, on a sandbox and a file backend of its own in its project's directory."""

    @property
    def sandboxed(self) -> bool:
        """Always."""
        return True


def run_in_front(command: list[str], *, cwd: Path, environ: Mapping[str, str]) -> int:
    """Runs a command on this terminal. Ctrl-C is the command's to handle, not ours."""
    # A handler, not SIG_IGN: what is ignored would stay ignored in the child.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.run(command, cwd=cwd, env=dict(environ), check=False).returncode
    finally:
        signal.signal(signal.SIGINT, before)
