"""Machine types and what can be attached to them."""

import pytest

from sandbox.gcp.errors import ApiError
from sandbox.gcp.vertex import machines

REAL = [
    ("n1-standard-4", None, 0),
    ("n1-standard-8", "NVIDIA_TESLA_T4", 1),
    ("n1-standard-96", "NVIDIA_TESLA_V100", 8),
    ("a2-highgpu-2g", "NVIDIA_TESLA_A100", 2),
    ("a3-highgpu-8g", "NVIDIA_H100_80GB", 8),
    ("g2-standard-24", "NVIDIA_L4", 2),
    ("cloud-tpu", "TPU_V3", 8),
    ("ct5lp-hightpu-4t", None, 0),
]
UNREAL = [
    ("n1-standard-3", None, 0, "not supported for training"),
    ("n1-standard-2", None, 0, "it serves only"),
    ("n1-standard-4", "TPU_V2", 8, "cloud-tpu"),
    ("e2-standard-4", "NVIDIA_TESLA_T4", 1, "not supported for machine type"),
    ("n1-standard-4", "NVIDIA_TESLA_T4", 3, "must be one of"),
    ("n1-standard-64", "NVIDIA_TESLA_V100", 1, "at most 12 vCPUs"),
    ("a2-highgpu-2g", "NVIDIA_TESLA_A100", 1, "comes with 2"),
    ("g2-standard-24", None, 0, "comes with 2"),
    ("cloud-tpu", "NVIDIA_TESLA_T4", 1, "needs an acceleratorType"),
    ("cloud-tpu", "TPU_V3", 7, "not a number of"),
    ("ct5lp-hightpu-4t", "TPU_V2", 8, "not supported for machine type"),
    ("n1-standard-4", None, 2, "needs an acceleratorType"),
]


def _spec(kind: str, accelerator: str | None, count: int) -> dict[str, object]:
    spec: dict[str, object] = {"machineType": kind}
    if accelerator:
        spec["acceleratorType"] = accelerator
    if count:
        spec["acceleratorCount"] = count
    return spec


@pytest.mark.parametrize(("kind", "accelerator", "count"), REAL)
def test_machines_there_are_can_train(kind: str, accelerator: str | None, count: int) -> None:
    machines.check(_spec(kind, accelerator, count))


@pytest.mark.parametrize(("kind", "accelerator", "count", "reason"), UNREAL)
def test_machines_there_are_not_are_refused(
    kind: str, accelerator: str | None, count: int, reason: str
) -> None:
    with pytest.raises(ApiError, match=reason):
        machines.check(_spec(kind, accelerator, count))


def test_small_machines_serve() -> None:
    machines.check({"machineType": "n1-standard-2"}, serving=True)
