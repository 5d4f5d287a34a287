"""Settings of the server, from the environment as the clouds set it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from model_artifact import find_model
from serve_keys import Keys, read_keys
from serve_tls import Certificate, read_certificate
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
    scoring_milliseconds: int
    keys: Keys
    certificate: Certificate | None

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
    names = ("SM_MODEL_DIR", "MODEL_DIR", "AZUREML_MODEL_DIR")
    given = next((environ[name] for name in names if environ.get(name)), "/opt/ml/model")
    model_dir = Path(given)
    # In batch transform the job's own limit; 0 there means no limit, which is not on offer.
    batch_limit = _number(environ, "SAGEMAKER_MAX_PAYLOAD_IN_MB", default=0, least=0)
    limit = batch_limit or _number(environ, "SERVE_MAX_PAYLOAD_MB", default=25, least=1)
    return ServeSettings(
        # Reachable from this machine only, unless a container says otherwise.
        host=environ.get("SERVE_HOST", "127.0.0.1"),
        port=_port(environ),
        model_dir=model_dir,
        program=_program(environ, model_dir),
        max_payload=limit * _MIB,
        threads=_number(environ, "SERVE_THREADS", default=min(4, os.cpu_count() or 1), least=1),
        max_concurrent=_number(environ, "SERVE_MAX_CONCURRENT", default=64, least=1),
        # SageMaker itself waits 60 s for the whole answer.
        body_seconds=_number(environ, "SERVE_BODY_SECONDS", default=60, least=1),
        # SageMaker kills a container 30 s after SIGTERM.
        drain_seconds=_number(environ, "SERVE_DRAIN_SECONDS", default=25, least=0),
        # Azure ML's own; 0 is no limit.
        scoring_milliseconds=_number(environ, "SCORING_TIMEOUT_MS", default=0, least=1),
        keys=read_keys(environ),
        certificate=read_certificate(environ),
    )


def _port(environ: Mapping[str, str]) -> int:
    """SERVE_PORT, or the port as the cloud calls it; on Azure ML it is a fixed one."""
    names = ("SERVE_PORT", "AIP_HTTP_PORT", "SAGEMAKER_BIND_TO_PORT")
    name = next((name for name in names if environ.get(name)), names[-1])
    return _number(environ, name, default=5001 if on_azure(environ) else 8080, least=0)


def on_azure(environ: Mapping[str, str]) -> bool:
    """Whether a container of Azure ML, or one that is told to be like it, is being served."""
    return any(environ.get(name) for name in ("AZUREML_MODEL_DIR", "AZUREML_ENTRY_SCRIPT"))


def _program(environ: Mapping[str, str], model_dir: Path) -> Path:
    """The module with the hooks; this project's own where the model brings no code."""
    name = environ.get("SAGEMAKER_PROGRAM", "inference.py")
    given = environ.get("SAGEMAKER_SUBMIT_DIRECTORY")
    # Beside the model file, which Azure ML may have put one directory deeper.
    beside = find_model(model_dir).parent / "code"
    directory = Path(given.removeprefix("file://")) if given else beside
    entry = environ.get("AZUREML_ENTRY_SCRIPT")
    if entry:
        return _existing(Path(environ.get("AML_APP_ROOT") or "/var/azureml-app") / entry, _AZURE)
    if not given and not directory.is_dir():
        directory = Path(__file__).resolve().parent
    return _existing(directory / name, _SAGEMAKER)


_AZURE = "AML_APP_ROOT to the directory and AZUREML_ENTRY_SCRIPT to the file below it"
_SAGEMAKER = (
    "SAGEMAKER_SUBMIT_DIRECTORY to the directory and SAGEMAKER_PROGRAM to the file with the hooks"
)


def _existing(program: Path, remedy: str) -> Path:
    if not program.is_file():
        raise DataError(f"no inference code at {program}: set {remedy}")
    return program


def _number(environ: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = environ.get(name, "")
    if not text:
        return default
    if not text.isdecimal() or int(text) < least:
        raise DataError(f"{name} is {text!r}: it must be a whole number of at least {least}")
    return int(text)
