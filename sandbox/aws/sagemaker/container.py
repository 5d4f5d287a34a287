"""What a training container finds: the ``/opt/ml`` tree, its configuration files, environment.

The contract is that of SageMaker's training toolkit ("script mode"): ``SM_*`` variables, the
submitted script run as ``python script --key value``.
"""

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OPT_ML = "/opt/ml"
_TOOLKIT_PARAMETERS = (
    "sagemaker_program",
    "sagemaker_submit_directory",
    "sagemaker_container_log_level",
    "sagemaker_enable_cloudwatch_metrics",
    "sagemaker_job_name",
    "sagemaker_region",
    "sagemaker_s3_output",
    "sagemaker_parameter_server_enabled",
    "_tuning_objective_metric",
)


@dataclass(frozen=True)
class MlTree:
    """One host's ``/opt/ml`` on disk, and the path under which its processes see it."""

    root: Path
    seen_as: str

    def create(self, channels: Sequence[str]) -> None:
        for part in ("input/config", "input/data", "model", "output/data", "code", "checkpoints"):
            (self.root / part).mkdir(parents=True, exist_ok=True)
        for channel in channels:
            (self.root / "input/data" / channel).mkdir(exist_ok=True)

    def seen(self, part: str) -> str:
        return f"{self.seen_as}/{part}"

    def on_disk(self, seen: str) -> Path | None:
        """The file behind a path below ``/opt/ml``; ``None`` for another path."""
        for prefix in (OPT_ML, self.seen_as):
            if seen == prefix or seen.startswith(prefix + "/"):
                return self.root / seen[len(prefix) :].lstrip("/")
        return None

    def translated(self, text: str) -> str:
        """``text`` with ``/opt/ml`` replaced where processes cannot have a private one."""
        return text if self.seen_as == OPT_ML else text.replace(OPT_ML, self.seen_as)


def decode(hyper_parameters: Mapping[str, str]) -> dict[str, Any]:
    """Hyper-parameters with JSON values decoded; what is not JSON stays text."""

    def decoded(value: str) -> Any:
        try:
            return json.loads(value)
        except ValueError:
            return value

    return {name: decoded(value) for name, value in hyper_parameters.items()}


def split_parameters(decoded: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The script's own hyper-parameters, and those meant for the toolkit."""
    toolkit = {
        name: value
        for name, value in decoded.items()
        if name in _TOOLKIT_PARAMETERS or name.startswith("sagemaker_")
    }
    return {name: value for name, value in decoded.items() if name not in toolkit}, toolkit


def command_arguments(parameters: Mapping[str, Any]) -> list[str]:
    """``--name value`` pairs; one-letter names get one dash, mappings become ``a=1,b=2``."""
    arguments = []
    for name, value in sorted(parameters.items()):
        if isinstance(value, Mapping):
            value = ",".join(f"{key}={item}" for key, item in sorted(value.items()))
        arguments += [f"--{name}" if len(name) > 1 else f"-{name}", str(value)]
    return arguments


def write_configuration(
    tree: MlTree, record: Mapping[str, Any], hosts: Sequence[str], host: str
) -> dict[str, Any]:
    """Write the files of ``input/config``; returns the resource configuration."""
    config = tree.root / "input/config"
    instance_type = record.get("ResourceConfig", {}).get("InstanceType", "")
    resources = {
        "current_host": host,
        "current_instance_type": instance_type,
        "current_group_name": "homogeneousCluster",
        "hosts": list(hosts),
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": instance_type,
                "hosts": list(hosts),
            }
        ],
        "network_interface_name": "lo",
    }
    inputs = {
        channel["ChannelName"]: {
            "TrainingInputMode": channel.get("InputMode", "File"),
            "S3DistributionType": channel["DataSource"]["S3DataSource"].get(
                "S3DataDistributionType", "FullyReplicated"
            ),
            "RecordWrapperType": channel.get("RecordWrapperType", "None"),
            **({"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}),
        }
        for channel in record.get("InputDataConfig", [])
    }
    for name, value in (
        ("hyperparameters.json", record.get("HyperParameters", {})),
        ("resourceconfig.json", resources),
        ("inputdataconfig.json", inputs),
        ("trainingjobconfig.json", {"TrainingJobName": record["TrainingJobName"]}),
    ):
        (config / name).write_text(tree.translated(json.dumps(value)))
    return {"resources": resources, "inputs": inputs}


def environment(
    tree: MlTree,
    record: Mapping[str, Any],
    *,
    config: Mapping[str, Any],
    region: str,
    programs: Path,
    sdk: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of one host's process.

    Args:
        config: what :func:`write_configuration` returned.
        programs: directory with the image's ``python``, first on PATH.
        sdk: variables that point SDKs at the sandbox; empty under network isolation.
    """
    parameters, toolkit = split_parameters(decode(record.get("HyperParameters", {})))
    resources, inputs = config["resources"], config["inputs"]
    module = str(toolkit.get("sagemaker_program", ""))
    cpus = str(os.cpu_count() or 1)
    values: dict[str, Any] = {
        "MODEL_DIR": tree.seen("model"),
        "INPUT_DIR": tree.seen("input"),
        "INPUT_CONFIG_DIR": tree.seen("input/config"),
        "OUTPUT_DIR": tree.seen("output"),
        "OUTPUT_DATA_DIR": tree.seen("output/data"),
        "OUTPUT_INTERMEDIATE_DIR": tree.seen("output/intermediate"),
        "CHANNELS": sorted(inputs),
        "HOSTS": resources["hosts"],
        "CURRENT_HOST": resources["current_host"],
        "CURRENT_INSTANCE_TYPE": resources["current_instance_type"],
        "CURRENT_INSTANCE_GROUP": "homogeneousCluster",
        "NETWORK_INTERFACE_NAME": resources["network_interface_name"],
        "NUM_CPUS": cpus,
        "NUM_GPUS": "0",
        "NUM_NEURONS": "0",
        "HPS": parameters,
        "USER_ARGS": command_arguments(parameters),
        "USER_ENTRY_POINT": module,
        "MODULE_NAME": Path(module).stem,
        "MODULE_DIR": tree.translated(str(toolkit.get("sagemaker_submit_directory", ""))),
        "FRAMEWORK_MODULE": "sagemaker_sklearn_container.training:main",
        "FRAMEWORK_PARAMS": toolkit,
        "INPUT_DATA_CONFIG": inputs,
        "RESOURCE_CONFIG": resources,
        "LOG_LEVEL": "20",
        "JOB_NAME": record["TrainingJobName"],
    }
    values |= {f"CHANNEL_{name.upper()}": tree.seen(f"input/data/{name}") for name in inputs}
    values |= {f"HP_{name.upper()}": value for name, value in parameters.items()}
    home = tree.root.parent / "home"
    home.mkdir(exist_ok=True)
    return {
        "PATH": f"{programs}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),  # noqa: S108 - the container's own
        "TRAINING_JOB_NAME": record["TrainingJobName"],
        "TRAINING_JOB_ARN": record["TrainingJobArn"],
        "AWS_REGION": region,
        "SAGEMAKER_REGION": region,
        **{f"SM_{name}": _text(value) for name, value in values.items()},
        **sdk,
        **{k: tree.translated(v) for k, v in record.get("Environment", {}).items()},
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def script_command(program: str, arguments: Sequence[str]) -> list[str]:
    """The toolkit's command for a Python script or a shell script."""
    if program.endswith(".py"):
        return ["python", program, *arguments]
    return ["/bin/sh", "-c", f"./{program} {shlex.join(arguments)}"]
