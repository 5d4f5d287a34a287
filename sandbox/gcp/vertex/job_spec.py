"""Checks of a CustomJobSpec, the same for jobs of their own and for trials."""

import re

from sandbox.gcp.errors import invalid
from sandbox.gcp.vertex import machines
from sandbox.store import Record

LONGEST_SECONDS = 30 * 24 * 3600
DEFAULT_SECONDS = 7 * 24 * 3600
MOST_POOLS = 4
_ENVIRONMENT_NAME = re.compile(r"[A-Za-z_]\w*")


def check(spec: Record) -> None:
    """Refuse what the API refuses.

    Raises:
        ApiError: names the field.
    """
    pools = spec.get("workerPoolSpecs", [])
    if not 1 <= len(pools) <= MOST_POOLS:
        raise invalid(f"worker_pool_specs must have 1 to {MOST_POOLS} entries.")
    for number, pool in enumerate(pools):
        # An empty pool keeps the place of one that is not wanted.
        if number and not pool:
            continue
        _check_pool(pool, number)
    output = spec.get("baseOutputDirectory", {}).get("outputUriPrefix")
    if output is not None and not output.startswith("gs://"):
        raise invalid(f"base_output_directory {output!r} is not a Cloud Storage URI.")
    timeout_seconds(spec)


def _check_pool(pool: Record, number: int) -> None:
    where = f"worker_pool_specs[{number}]"
    if ("containerSpec" in pool) == ("pythonPackageSpec" in pool):
        raise invalid(f"{where} needs exactly one of container_spec and python_package_spec.")
    if not pool.get("machineSpec", {}).get("machineType"):
        raise invalid(f"{where}.machine_spec.machine_type is required but missing.")
    machines.check(pool["machineSpec"])
    count = int(pool.get("replicaCount", 0))
    if count < 1 or (number == 0 and count != 1):
        most = "1" if number == 0 else "at least 1"
        raise invalid(f"{where}.replica_count must be {most}, but is {count}.")
    container = pool.get("containerSpec")
    if container is not None and not container.get("imageUri"):
        raise invalid(f"{where}.container_spec.image_uri is required but missing.")
    package = pool.get("pythonPackageSpec")
    if package is not None:
        for field in ("executorImageUri", "packageUris", "pythonModule"):
            if not package.get(field):
                raise invalid(f"{where}.python_package_spec.{field} is required but missing.")
    for item in (container or package or {}).get("env", []):
        if not _ENVIRONMENT_NAME.fullmatch(str(item.get("name", ""))):
            raise invalid(
                f"{where}: invalid name of an environment variable: {item.get('name')!r}."
            )


def timeout_seconds(spec: Record) -> float:
    """How long the job may run."""
    text = spec.get("scheduling", {}).get("timeout")
    if not text:
        return DEFAULT_SECONDS
    try:
        seconds = float(str(text).removesuffix("s"))
    except ValueError as error:
        raise invalid(f"Invalid scheduling.timeout {text!r}.") from error
    if not 0 < seconds <= LONGEST_SECONDS:
        raise invalid("scheduling.timeout must be more than 0 and at most 30 days.")
    return seconds
