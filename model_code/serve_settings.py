"""Settings of the server, from the environment as the clouds set it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from user_errors import DataError

_MIB = 1024 * 1024
# SageMaker's own rule for batch transform: payload x concurrency stays within 100 MB.
_BATCH_TOTAL_MB = 100
_BATCH_PAYLOAD_MB = 6


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """Where to listen, what to load and the limits; sizes in bytes, times in seconds."""

    host: str
    port: int
    model_dir: Path
    program: Path
    max_payload: int
    threads: int
    max_concurrent: int
    drain_seconds: float
    body_seconds: float

    @property
    def batch_parameters(self) -> dict[str, object]:
        """The answer to /execution-parameters."""
        payload = min(_BATCH_PAYLOAD_MB, max(1, self.max_payload // _MIB))
        return {
            "MaxConcurrentTransforms": max(1, min(self.threads, _BATCH_TOTAL_MB // payload)),
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": payload,
        }


def read_serve_settings(environ: Mapping[str, str] = os.environ) -> ServeSettings:
    """Settings from environment variables. Raises DataError naming a wrong one."""
    model_dir = Path(environ.get("SM_MODEL_DIR") or environ.get("MODEL_DIR") or "/opt/ml/model")
    # In batch transform the job's own limit; 0 there means no limit, which is not on offer.
    batch_limit = _number(environ, "SAGEMAKER_MAX_PAYLOAD_IN_MB", default=0, least=0)
    limit = batch_limit or _number(environ, "SERVE_MAX_PAYLOAD_MB", default=25, least=1)
    return ServeSettings(
        # Reachable from this machine only, unless a container says otherwise.
        host=environ.get("SERVE_HOST", "127.0.0.1"),
        # Vertex AI's name of the same thing comes first: it is set in its containers only.
        port=_number(environ, _port_variable(environ), default=8080, least=0),
        model_dir=model_dir,
        program=_program(environ, model_dir),
        max_payload=limit * _MIB,
        threads=_number(environ, "SERVE_THREADS", default=min(4, os.cpu_count() or 1), least=1),
        max_concurrent=_number(environ, "SERVE_MAX_CONCURRENT", default=64, least=1),
        # SageMaker itself waits 60 s for the whole answer.
        body_seconds=_number(environ, "SERVE_BODY_SECONDS", default=60, least=1),
        # SageMaker kills a container 30 s after SIGTERM.
        drain_seconds=_number(environ, "SERVE_DRAIN_SECONDS", default=25, least=0),
    )


def _port_variable(environ: Mapping[str, str]) -> str:
    return "AIP_HTTP_PORT" if "AIP_HTTP_PORT" in environ else "SAGEMAKER_BIND_TO_PORT"


def _program(environ: Mapping[str, str], model_dir: Path) -> Path:
    """The module with the hooks; this project's own where the model brings no code."""
    name = environ.get("SAGEMAKER_PROGRAM", "inference.py")
    given = environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
    directory = Path(given.removeprefix("file://")) if given else model_dir / "code"
    if not given and not directory.is_dir():
        directory = Path(__file__).resolve().parent
    program = directory / name
    if not program.is_file():
        raise DataError(
            f"no inference code at {program}: set SAGEMAKER_SUBMIT_DIRECTORY to the directory and "
            "SAGEMAKER_PROGRAM to the file with the hooks"
        )
    return program


def _default_host(environ: Mapping[str, str]) -> str:
    """Vertex AI says so itself in its containers; it reaches them from outside of them."""
    return "0.0.0.0" if environ.get("AIP_MODE") == "PREDICTION" else "127.0.0.1"  # noqa: S104


def _port(environ: Mapping[str, str]) -> int:
    name = "AIP_HTTP_PORT" if environ.get("AIP_HTTP_PORT") else "SAGEMAKER_BIND_TO_PORT"
    return _number(environ, name, default=8080, least=0)


def _number(environ: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise DataError(f"{name} is {text!r}: it must be a whole number of at least {least}")
    return int(text)
