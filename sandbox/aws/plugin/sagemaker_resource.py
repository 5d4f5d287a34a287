"""What the SageMaker tokens share: tags by ARN, names, and how long is waited."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from plugin import CheckFailure
from plugin.handler import ResourceFailedError
from sandbox.aws.plugin.api_resource import ApiResource
from sandbox.aws.plugin.cloud import Cloud, code_of
from sandbox.aws.plugin.tagging import Tagging
from sandbox.plugins.rules import Rule, matches, values_at

NAME_PATTERN: Final = r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
_POLL_SECONDS: Final = 0.2
# Families whose instances carry NVMe disks, which encrypt themselves: a key is refused there.
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html (VolumeKmsKeyId)
_ACCELERATED: Final = (
    "g4dn g5 g6 g6e gr6 g7e p4d p4de p5 p5e p5en p6-b200 p6-b300 p6e-gb200 trn1 trn1n trn2 i3 i4i"
)
_GENERAL: Final = "c5d m5d r5d c6gd m6gd r6gd c6id m6id r6id c7gd m7gd r7gd c8gd m8gd r8gd"
_NVME_FAMILIES: Final = frozenset(f"{_ACCELERATED} {_GENERAL}".split(" "))


class SageMakerResource(ApiResource):
    """A SageMaker resource: described and tagged alike."""

    service = "sagemaker"
    tagging = Tagging(
        service="sagemaker",
        list_operation="list_tags",
        tag_operation="add_tags",
        untag_operation="delete_tags",
        resource="ResourceArn",
    )


def name_rule(path: str, longest: int = 63) -> Rule:
    """The rule of most names in SageMaker."""
    return matches(
        path,
        rf"(?=.{{1,{longest}}}$){NAME_PATTERN}",
        f"at most {longest} letters, digits and hyphens, starting with a letter or digit",
    )


def has_local_nvme(instance_type: str) -> bool:
    """Whether instances of a type (``ml.g5.xlarge``) have local NVMe storage."""
    parts = instance_type.split(".")
    return len(parts) == 3 and parts[1] in _NVME_FAMILIES


def volume_key_rule(path: str, *, type_name: str = "instanceType", key: str) -> Rule:
    """A volume key is refused where the instance type's disk encrypts itself."""

    def rule(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
        for where, config in values_at(inputs, path):
            kind = config.get(type_name) if isinstance(config, Mapping) else None
            if config.get(key) is not None and isinstance(kind, str) and has_local_nvme(kind):
                reason = f"{kind} has local NVMe storage, whose volume takes no KMS key: leave out"
                yield CheckFailure(property=f"{where}.{key}", reason=f"{reason} {key}")

    return rule


def spot_rule(path: str = "") -> Rule:
    """With spot training the whole wait must be at least as long as the training."""

    def rule(inputs: Mapping[str, Any]) -> Iterator[CheckFailure]:
        found = [("", inputs)] if not path else values_at(inputs, path)
        for where, job in found:
            limits = job.get("stoppingCondition")
            if not isinstance(limits, Mapping):
                continue
            longest, wait = limits.get("maxRuntimeInSeconds"), limits.get("maxWaitTimeInSeconds")
            reason = _spot_fault(job.get("enableManagedSpotTraining"), longest, wait)
            if reason:
                dot = f"{where}." if where else ""
                name = f"{dot}stoppingCondition.maxWaitTimeInSeconds"
                yield CheckFailure(property=name, reason=reason)

    return rule


def _spot_fault(spot: Any, longest: Any, wait: Any) -> str | None:
    if spot is True and wait is None:
        return "spot training needs a maximum wait time"
    if spot is not True and isinstance(wait, int) and spot in (None, False):
        return "a maximum wait time is for spot training only"
    if isinstance(wait, int) and isinstance(longest, int) and wait < longest:
        return f"{wait} is less than maxRuntimeInSeconds {longest}"
    return None


def stop(cloud: Cloud, operation: str, **name: str) -> None:
    """Stops a job; one that ends by itself in this moment is as good as stopped."""
    try:
        cloud.run("sagemaker", operation, **name)
    except ClientError as error:
        if code_of(error) != "ValidationException":
            raise


def wait_for(
    cloud: Cloud, what: str, status: Callable[[], str | None], pending: set[str], seconds: float
) -> str | None:
    """Waits while the status is pending; returns the last one, ``None`` for gone.

    Raises:
        ResourceFailedError: after ``seconds``, or when the user interrupts.
    """
    end = time.monotonic() + (cloud.context.timeout or seconds)
    last = status()
    while last in pending:
        if time.monotonic() > end:
            raise ResourceFailedError(f"{what} is still {last} after {seconds:.0f} s")
        cloud.context.progress(f"{what}: {last}")
        cloud.context.wait(_POLL_SECONDS)
        last = status()
    return last
