"""The real engine on a small program, with providers that accept anything, and the pack."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from plugin import server
from plugin.handler import Handler, Properties
from plugin.provider import Context, Provider
from tools import environment, paths

PACK = paths.PROJECT / "policy"
CLOUDS = {"aws": "7.51.1", "gcp": "10.2.0", "azure-native": "3.29.0", "trimaran": "1.0.0"}

PROGRAM = """
import json
import pathlib
import pulumi

made = {}


def value(item):
    if isinstance(item, dict) and "$id" in item:
        return made[item["$id"]].id
    if isinstance(item, dict) and "$secret" in item:
        return pulumi.Output.secret(item["$secret"])
    if isinstance(item, dict):
        return {key: value(inner) for key, inner in item.items()}
    if isinstance(item, list):
        return [value(inner) for inner in item]
    return item


for declared in json.loads(pathlib.Path("resources.json").read_text()):
    made[declared["name"]] = pulumi.CustomResource(
        declared["type"], declared["name"], value(declared["props"])
    )
"""


class _Anything(Handler):
    token = "any"

    def create(self, context: Context, inputs: Properties) -> tuple[str, Properties]:
        return f"{context.name}-id", {}

    def update(
        self, context: Context, resource_id: str, outputs: Properties, new: Properties
    ) -> Properties:
        return {}

    def delete(self, context: Context, resource_id: str, outputs: Properties) -> None:
        return None


class _Cloud(Provider):
    def handler_for(self, urn: str) -> Handler:
        return _Anything()


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A resource of the program. A value `{"$id": name}` is another one's id."""

    type: str
    name: str
    props: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Ran:
    """How a run of the engine ended, and what it showed."""

    status: int
    text: str


@dataclass(kw_only=True)
class Program:
    """A project in a directory of its own, with its own backend."""

    directory: Path
    ports: Mapping[str, int]
    pack: Path = PACK

    def write(self, resources: Sequence[Declared], **config: Any) -> None:
        """Declares `resources`, under stack `test` with some configuration."""
        listed = [vars(resource) for resource in resources]
        (self.directory / "resources.json").write_text(json.dumps(listed))
        values = {f"trimaran:{key}": value for key, value in config.items()}
        text = yaml.safe_dump({"config": values})
        (self.directory / "Pulumi.test.yaml").write_text(text)

    def run(self, *arguments: str) -> Ran:
        """Runs `pulumi … --policy-pack`."""
        ended = subprocess.run(
            ["pulumi", *arguments, "--stack", "test", "--policy-pack", str(self.pack)],
            cwd=self.directory,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=240,
            check=False,
        )
        return Ran(status=ended.returncode, text=ended.stdout)

    def preview(self) -> Ran:
        return self.run("preview", "--non-interactive", "--color=never")

    def up(self) -> Ran:
        return self.run("up", "--yes", "--skip-preview", "--non-interactive", "--color=never")

    @property
    def environ(self) -> dict[str, str]:
        """Its own backend and the attached providers, whatever the person has."""
        own = environment.applied(
            os.environ, environment.changes(sandboxed=False, project=self.directory)
        )
        return {
            **own,
            "PULUMI_BACKEND_URL": (self.directory / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_DEBUG_PROVIDERS": ",".join(f"{n}:{p}" for n, p in self.ports.items()),
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }


def program(directory: Path) -> Iterator[Program]:
    """A program without resources yet; its providers end with the iteration."""
    directory.mkdir(parents=True)
    (directory / "state").mkdir()
    (directory / ".venv").symlink_to(paths.venv())
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": ".venv"}}
    (directory / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "trimaran", "runtime": runtime}))
    (directory / "__main__.py").write_text(PROGRAM)
    servers = {
        name: server.attach(_Cloud(name=name, version=version, handlers=[]))
        for name, version in CLOUDS.items()
    }
    made = Program(directory=directory, ports={name: port for name, (_, port) in servers.items()})
    made.write([])
    subprocess.run(
        ["pulumi", "stack", "init", "test", "--non-interactive"],
        cwd=directory,
        env=made.environ,
        check=True,
        capture_output=True,
    )
    try:
        yield made
    finally:
        for running, _ in servers.values():
            running.stop(grace=None).wait()
        shutil.rmtree(directory)
