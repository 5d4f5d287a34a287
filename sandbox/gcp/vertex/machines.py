"""Machine and accelerator types of Vertex AI, and which of them exist together.

https://cloud.google.com/vertex-ai/docs/training/configure-compute
"""

from sandbox.gcp.errors import invalid
from sandbox.store import Record

_VCPUS = {
    "n1-standard": (4, 8, 16, 32, 64, 96),
    "n1-highmem": (2, 4, 8, 16, 32, 64, 96),
    "n1-highcpu": (16, 32, 64, 96),
    "n2-standard": (4, 8, 16, 32, 48, 64, 80),
    "n2-highmem": (2, 4, 8, 16, 32, 48, 64, 80),
    "n2-highcpu": (16, 32, 48, 64, 80),
    "n2d-standard": (4, 8, 16, 32, 48, 64, 80, 96, 128, 224),
    "e2-standard": (4, 8, 16, 32),
    "e2-highmem": (2, 4, 8, 16),
    "e2-highcpu": (16, 32),
    "c2-standard": (4, 8, 16, 30, 60),
    "c3-standard": (4, 8, 22, 44, 88, 176),
    "c3-highmem": (4, 8, 22, 44, 88, 176),
    "c3-highcpu": (4, 8, 22, 44, 88, 176),
    "m1-ultramem": (40, 80, 160),
    "m1-megamem": (96,),
}
# Smaller ones serve, but do not train.
_SERVING_ONLY = {
    *("n1-standard-2", "n2-standard-2", "e2-standard-2", "n2d-standard-2"),
    *(f"{family}-highcpu-{n}" for family in ("n1", "e2") for n in (2, 4, 8)),
}
# Machines that come with their accelerators: type and count.
_WITH_GPU: dict[str, tuple[str, int]] = {
    **{f"a2-highgpu-{n}g": ("NVIDIA_TESLA_A100", n) for n in (1, 2, 4, 8)},
    "a2-megagpu-16g": ("NVIDIA_TESLA_A100", 16),
    **{f"a2-ultragpu-{n}g": ("NVIDIA_A100_80GB", n) for n in (1, 2, 4, 8)},
    **{f"a3-highgpu-{n}g": ("NVIDIA_H100_80GB", n) for n in (1, 2, 4, 8)},
    "a3-edgegpu-8g": ("NVIDIA_H100_80GB", 8),
    "a3-megagpu-8g": ("NVIDIA_H100_MEGA_80GB", 8),
    "a3-ultragpu-8g": ("NVIDIA_H200_141GB", 8),
    "a4-highgpu-8g": ("NVIDIA_B200", 8),
    "a4x-highgpu-4g": ("NVIDIA_GB200", 4),
    **{f"g2-standard-{n}": ("NVIDIA_L4", 1) for n in (4, 8, 12, 16, 32)},
    "g2-standard-24": ("NVIDIA_L4", 2),
    "g2-standard-48": ("NVIDIA_L4", 4),
    "g2-standard-96": ("NVIDIA_L4", 8),
}
_N1_GPUS: dict[str, tuple[int, ...]] = {
    "NVIDIA_TESLA_K80": (1, 2, 4, 8),
    "NVIDIA_TESLA_P4": (1, 2, 4),
    "NVIDIA_TESLA_P100": (1, 2, 4),
    "NVIDIA_TESLA_T4": (1, 2, 4),
    "NVIDIA_TESLA_V100": (1, 2, 4, 8),
}
# Most vCPUs of an N1 machine that few GPUs can be attached to.
_N1_MOST_VCPUS = {
    "NVIDIA_TESLA_P4": {1: 24, 2: 48, 4: 96},
    "NVIDIA_TESLA_P100": {1: 16, 2: 32, 4: 96},
    "NVIDIA_TESLA_T4": {1: 48, 2: 48, 4: 96},
    "NVIDIA_TESLA_V100": {1: 12, 2: 24, 4: 48, 8: 96},
}
# TPU machines name their chips; cloud-tpu takes the type and number of cores beside it.
_TPU_HOSTS = {
    **{f"ct5lp-hightpu-{n}t": "TPU_V5_LITEPOD" for n in (1, 4, 8)},
    **{f"ct6e-standard-{n}t": "TPU_V6E" for n in (1, 4, 8)},
    "ct5p-hightpu-4t": "TPU_V5P",
    "ct4p-hightpu-4t": "TPU_V4_POD",
}
_CLOUD_TPU = {"TPU_V2": (8, 32, 128, 256, 512), "TPU_V3": (8, 32, 64, 128, 256, 512, 1024, 2048),
              "TPU_V4_POD": (8, 16, 32, 64, 128)}  # fmt: skip


def _general() -> set[str]:
    return {f"{family}-{n}" for family, sizes in _VCPUS.items() for n in sizes}


def check(machine: Record, *, serving: bool = False) -> None:
    """Refuse a MachineSpec that the cloud does not have.

    Raises:
        ApiError: unknown type, or an accelerator that does not go with it.
    """
    kind = str(machine.get("machineType", ""))
    accelerator = machine.get("acceleratorType")
    count = int(machine.get("acceleratorCount", 0))
    if accelerator is None and count:
        raise invalid("acceleratorCount needs an acceleratorType.")
    if kind == "cloud-tpu" or kind in _TPU_HOSTS:
        _check_tpu(kind, accelerator, count)
    elif kind in _WITH_GPU:
        _check_built_in(kind, accelerator, count)
    elif kind in _general() or (serving and kind in _SERVING_ONLY):
        _check_attached(kind, accelerator, count)
    else:
        verb = "prediction" if serving else "training"
        hint = " (it serves only)" if kind in _SERVING_ONLY else ""
        raise invalid(f'Machine type "{kind}" is not supported for {verb}{hint}.')


def _check_tpu(kind: str, accelerator: str | None, count: int) -> None:
    if kind == "cloud-tpu":
        if accelerator not in _CLOUD_TPU:
            raise invalid(
                f'Machine type "cloud-tpu" needs an acceleratorType of {sorted(_CLOUD_TPU)}, not '
                f"{accelerator!r}."
            )
        if count not in _CLOUD_TPU[accelerator]:
            raise invalid(f"{count} is not a number of {accelerator} cores that exists: "
                          f"{list(_CLOUD_TPU[accelerator])}.")  # fmt: skip
    elif accelerator not in (None, _TPU_HOSTS[kind]):
        raise invalid(
            f'Accelerator type "{accelerator}" is not supported for machine type "{kind}".'
        )


def _check_built_in(kind: str, accelerator: str | None, count: int) -> None:
    wanted, number = _WITH_GPU[kind]
    if accelerator != wanted or count != number:
        raise invalid(
            f'Machine type "{kind}" comes with {number} of "{wanted}": acceleratorType and '
            f"acceleratorCount must say so, not {accelerator!r} and {count}."
        )


def _check_attached(kind: str, accelerator: str | None, count: int) -> None:
    if accelerator is None:
        return
    if str(accelerator).startswith("TPU"):
        raise invalid(
            f'Accelerator type "{accelerator}" is not supported for machine type "{kind}"; TPUs '
            'need machine type "cloud-tpu" or a ct… type.'
        )
    if not kind.startswith("n1-") or accelerator not in _N1_GPUS:
        raise invalid(
            f'Accelerator type "{accelerator}" is not supported for machine type "{kind}".'
        )
    if count not in _N1_GPUS[accelerator]:
        raise invalid(f"acceleratorCount {count} of {accelerator} must be one of "
                      f"{list(_N1_GPUS[accelerator])}.")  # fmt: skip
    most = _N1_MOST_VCPUS.get(accelerator, {}).get(count)
    if most is not None and int(kind.rsplit("-", 1)[-1]) > most:
        raise invalid(
            f"{count} of {accelerator} cannot be attached to {kind}: at most {most} vCPUs."
        )
