"""Machine and accelerator types of Vertex AI, and which of them exist together.

https://cloud.google.com/vertex-ai/docs/training/configure-compute
https://cloud.google.com/vertex-ai/docs/predictions/configure-compute
"""

import difflib
from dataclasses import dataclass
from typing import Final

from catalogue import instances


@dataclass(frozen=True)
class Accelerator:
    """A type of GPU or TPU and how many of it one machine has."""

    type: str
    count: int


_MACHINES: Final = instances("gcp")
# GPUs that are attached to an N1 machine: count to the most vCPUs that it may have.
_ATTACHED: Final = {
    "NVIDIA_TESLA_T4": {1: 48, 2: 48, 4: 96},
    "NVIDIA_TESLA_V100": {1: 12, 2: 24, 4: 48, 8: 96},
    "NVIDIA_TESLA_P100": {1: 16, 2: 32, 4: 96},
    "NVIDIA_TESLA_P4": {1: 24, 2: 48, 4: 96},
}
# `cloud-tpu` takes type and number of cores beside it.
_CLOUD_TPU: Final = {
    "TPU_V2": (8, 32, 128, 256, 512),
    "TPU_V3": (8, 32, 64, 128, 256, 512, 1024, 2048),
}


def machine_types(*, serving: bool = False) -> frozenset[str]:
    """All machine types that train, or with ``serving`` those that endpoints run on."""
    if serving:
        return frozenset(name for name, machine in _MACHINES.items() if machine.serving)
    trains = (name for name, machine in _MACHINES.items() if machine.training)
    return frozenset({*trains, "cloud-tpu"})


def has_tpu(machine_type: str) -> bool:
    """Whether the machine carries TPUs."""
    return machine_type == "cloud-tpu" or _has_own_tpu(machine_type)


def built_in(machine_type: str) -> Accelerator | None:
    """The GPUs that come with the machine, which the API wants to be named all the same."""
    machine = _MACHINES.get(machine_type)
    if machine is None or not machine.accelerator or machine.tpu_topology:
        return None
    return Accelerator(machine.accelerator, machine.accelerators)


def _has_own_tpu(machine_type: str) -> bool:
    return machine_type in _MACHINES and bool(_MACHINES[machine_type].tpu_topology)


def check_machine(
    machine_type: str,
    accelerator: Accelerator | None = None,
    *,
    replicas: int = 1,
    serving: bool = False,
) -> None:
    """Refuses what Vertex AI has not.

    Raises:
        ValueError: naming machine, accelerator or number, and what would be right.
    """
    known = machine_types(serving=serving)
    if machine_type not in known:
        near = difflib.get_close_matches(machine_type, known, n=3, cutoff=0.4)
        use = "endpoints" if serving else "training"
        hint = ", ".join(near or ["n1-standard-4"])
        raise ValueError(
            f"Vertex AI has no machine type {machine_type} for {use}; nearest of its "
            f"{len(known)}: {hint}"
        )
    if replicas < 1:
        raise ValueError(f"replica count must be at least 1, not {replicas}")
    if machine_type == "cloud-tpu":
        _check_cloud_tpu(accelerator, replicas)
    elif _has_own_tpu(machine_type):
        if accelerator is not None:
            raise ValueError(
                f"{machine_type} names its TPU chips itself: remove accelerator {accelerator.type}"
            )
    elif (own := built_in(machine_type)) is not None:
        if accelerator not in (None, own):
            raise ValueError(f"{machine_type} comes with {own.count} × {own.type} and no other")
    elif accelerator is not None:
        _check_attached(machine_type, accelerator)


def _check_cloud_tpu(accelerator: Accelerator | None, replicas: int) -> None:
    if accelerator is None or accelerator.type not in _CLOUD_TPU:
        raise ValueError(
            f"machine type cloud-tpu needs an accelerator of {', '.join(_CLOUD_TPU)}; newer TPUs "
            "have machine types of their own, such as ct5lp-hightpu-4t"
        )
    sizes = _CLOUD_TPU[accelerator.type]
    if accelerator.count not in sizes:
        raise ValueError(
            f"{accelerator.type} comes with {', '.join(map(str, sizes))} cores, not "
            f"{accelerator.count}"
        )
    if replicas != 1:
        raise ValueError("cloud-tpu takes one replica: a larger slice is a larger count of cores")


def _check_attached(machine_type: str, accelerator: Accelerator) -> None:
    if accelerator.type.startswith("TPU"):
        raise ValueError(
            f"{machine_type} takes no TPU: use machine type cloud-tpu, or one that names its "
            "chips, such as ct5lp-hightpu-4t"
        )
    sizes = _ATTACHED.get(accelerator.type)
    if sizes is None or not machine_type.startswith("n1-"):
        raise ValueError(
            f"{accelerator.type} cannot be attached to {machine_type}: "
            f"{', '.join(_ATTACHED)} go with n1 machines; newer GPUs have machine types of their "
            "own, such as g2-standard-8 or a2-highgpu-1g"
        )
    if accelerator.count not in sizes:
        raise ValueError(
            f"a machine takes {', '.join(map(str, sizes))} of {accelerator.type}, not "
            f"{accelerator.count}"
        )
    processors = int(machine_type.rsplit("-", 1)[-1])
    if processors > sizes[accelerator.count]:
        raise ValueError(
            f"{accelerator.count} × {accelerator.type} go with at most "
            f"{sizes[accelerator.count]} vCPUs, and {machine_type} has {processors}"
        )


def machine_spec(machine_type: str, accelerator: Accelerator | None) -> dict[str, str | int]:
    """The API's MachineSpec, in its own names."""
    chosen = accelerator or built_in(machine_type)
    spec: dict[str, str | int] = {"machineType": machine_type}
    if chosen is not None:
        spec |= {"acceleratorType": chosen.type, "acceleratorCount": chosen.count}
    return spec
