"""The processes behind one online deployment: model and code fetched, replicas, limits."""

import os
import shutil
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from sandbox.azure.context import Context
from sandbox.azure.images import runtime
from sandbox.azure.ml.command_run import environment_image
from sandbox.azure.ml.durations import seconds_of
from sandbox.azure.ml.places import Places, workspace_of
from sandbox.errors import JobError
from sandbox.images import MODEL_CODE, Runtime
from sandbox.processes import Process
from sandbox.programs import write_programs
from sandbox.serving import ReplicaSet, ServingSpec
from sandbox.store import Record

STOP_GRACE: Final = 10.0
KEPT_LINES: Final = 5000
_CODE: Final = "code"


@dataclass(kw_only=True)
class Served:
    """A deployment that serves.

    Attributes:
        route: path of the scoring route inside the container.
        request_seconds: how long an answer may take.
        queue_seconds: how long a request waits for a free place.
    """

    replicas: ReplicaSet
    directory: Path
    route: str
    lines: deque[str]
    concurrent: int
    request_seconds: float
    queue_seconds: float
    _free: threading.Condition = field(default_factory=threading.Condition)
    _busy: int = 0

    def enter(self) -> bool:
        """Take a place for a request; whether there was one in time."""
        with self._free:
            found = self._free.wait_for(
                lambda: self._busy < self.concurrent * max(self.replicas.count, 1),
                self.queue_seconds,
            )
            self._busy += found
            return found

    def leave(self) -> None:
        """Give the place back."""
        with self._free:
            self._busy -= 1
            self._free.notify()

    def scale(self, count: int) -> None:
        """Follow a change of the number of instances.

        Raises:
            JobError: a new one does not start.
        """
        self.replicas.scale(count)

    def close(self) -> None:
        """End every process."""
        self.replicas.close(STOP_GRACE)
        shutil.rmtree(self.directory, ignore_errors=True)


def limits(properties: Mapping[str, Any]) -> tuple[int, float, float]:
    """Requests at a time for each instance, seconds for an answer, seconds of waiting.

    Raises:
        ValueError: a duration cannot be read.
    """
    given = properties.get("requestSettings") or {}
    return (
        int(given.get("maxConcurrentRequestsPerInstance") or 1),
        seconds_of(given.get("requestTimeout")) or 5.0,
        seconds_of(given.get("maxQueueWait")) or 0.5,
    )


def start_seconds(properties: Mapping[str, Any]) -> float:
    """How long the readiness probe lets an instance take."""
    probe = properties.get("readinessProbe") or {}
    delay = seconds_of(probe.get("initialDelay")) or 10.0
    period = seconds_of(probe.get("period")) or 10.0
    return max(delay + period * int(probe.get("failureThreshold") or 30), 60.0)


def serve(context: Context, record: Record, directory: Path) -> Served:
    """Fetch what a deployment needs and start its instances; returns when all are ready.

    Raises:
        JobError: it does not start; the text says why.
    """
    shutil.rmtree(directory, ignore_errors=True)
    (directory / "app" / _CODE).mkdir(parents=True)
    lines: deque[str] = deque(maxlen=KEPT_LINES)
    spec, route = _spec(context, record, directory, lines)
    concurrent, request_seconds, queue_seconds = limits(record["properties"])
    served = Served(
        replicas=ReplicaSet(spec),
        directory=directory,
        route=route,
        lines=lines,
        concurrent=concurrent,
        request_seconds=request_seconds,
        queue_seconds=queue_seconds,
    )
    try:
        served.scale(capacity(record))
    except JobError:
        served.close()
        raise
    return served


def capacity(record: Record) -> int:
    """How many instances a deployment has."""
    return int((record.get("sku") or {}).get("capacity") or 1)


def _spec(
    context: Context, record: Record, directory: Path, lines: deque[str]
) -> tuple[ServingSpec, str]:
    properties = record["properties"]
    places = Places(context, workspace_of(context, record["id"]))
    identifier = str(properties.get("environmentId") or "")
    image = runtime(environment_image(context, identifier))
    routes = _routes(context, identifier)
    environ = _environment(context, record, directory, image)
    code = properties.get("codeConfiguration") or {}
    if code:
        app = directory / "app"
        uri = places.asset_uri(str(code.get("codeId")), "codes")
        places.download(places.find(uri), app / _CODE)
        script = str(code.get("scoringScript") or "")
        if not (app / _CODE / script).is_file():
            raise JobError(f"the code has no scoring script {script!r}")
        environ["AML_APP_ROOT"] = str(app)
        environ["AZUREML_ENTRY_SCRIPT"] = f"{_CODE}/{script}"
    if properties.get("model"):
        environ["AZUREML_MODEL_DIR"] = _model(places, str(properties["model"]), directory)
    given = properties.get("environmentVariables") or {}
    environ |= {str(name): str(value) for name, value in given.items()}
    program, ours = _program(image)

    def process(replica: str, port: int) -> Process:
        env = {**environ, "SERVE_HOST": "127.0.0.1", "SERVE_PORT": str(port)}
        argv = [image.python, str(program)]
        return Process(name=replica, argv=argv, env=env, cwd=directory / "home")

    spec = ServingSpec(
        name=record["name"],
        directory=directory,
        process=process,
        on_line=lambda _, line: lines.append(line),
        # Our server says that it lives before its model is there; Azure's only after that.
        ping="/ping" if ours else routes.get("readinessRoute", "/"),
        start_timeout=start_seconds(properties),
    )
    return spec, routes.get("scoringRoute", "/score")


def _routes(context: Context, identifier: str) -> dict[str, str]:
    record = context.resources.get(identifier) if identifier.startswith("/") else None
    config = ((record or {}).get("properties") or {}).get("inferenceConfig") or {}
    return {name: str(route["path"]) for name, route in config.items() if (route or {}).get("path")}


def _program(image: Runtime) -> tuple[Path, bool]:
    """The server's program, and whether it is this project's, which stands for Azure's."""
    if image.directory is not None and (image.directory / "serve.py").is_file():
        return image.directory / "serve.py", False
    return MODEL_CODE / "serve.py", True


def _model(places: Places, identifier: str, directory: Path) -> str:
    """Fetch the model; the directory that the server is told."""
    uri = places.asset_uri(identifier, "models")
    place = places.find(uri)
    target = directory / "azureml-models"
    target.mkdir()
    name = Path(place.path.rstrip("/")).name or "model"
    places.download(place, target / name)
    return str(target)


def _environment(
    context: Context, record: Record, directory: Path, image: Runtime
) -> dict[str, str]:
    home = directory / "home"
    home.mkdir()
    write_programs(directory / "bin", image.python)
    return {
        **context.environment(),
        "PATH": f"{directory / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - the container's own
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "SERVICE_NAME": str(record["name"]),
    }
