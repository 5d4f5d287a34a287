"""How the clouds count the machines that their quotas limit.

Shared by who asks for quotas before anything is created and by what refuses beyond them, so that
both speak of the same figure.
"""

from collections.abc import Iterator
from typing import Final, Literal

VERTEX: Final = "aiplatform.googleapis.com"
LOW_PRIORITY_CORES: Final = "TotalLowPriorityCores"
"""Azure ML's one quota of all low-priority machines of a region."""

# Families whose CPUs have a quota of their own; N1 and E2 share one.
_OWN_FAMILIES: Final = frozenset({"a2", "a3", "c2", "c3", "g2", "m1", "n2", "n2d"})
_SAGEMAKER: Final = {
    "training": "training job usage",
    "training_preemptible": "spot training job usage",
    "serving": "endpoint usage",
}

Use = Literal["training", "training_preemptible", "serving"]
"""What machines are for; the quotas of each are apart."""


def of_sagemaker(instance_type: str, use: Use) -> str:
    """The name of the quota that counts a type's instances.

    https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
    """
    return f"{instance_type} for {_SAGEMAKER[use]}"


def of_vertex(
    machine_type: str, use: Use, accelerator: str = "", accelerators: int = 0
) -> Iterator[tuple[str, int]]:
    """Quota metric and amount of one machine: processors, and GPUs or TPU cores.

    Nothing for processors of a machine whose name does not tell their number.
    https://cloud.google.com/vertex-ai/docs/quotas
    """
    family, size = machine_type.split("-", maxsplit=1)[0], machine_type.rsplit("-", 1)[-1]
    prefix = f"{VERTEX}/custom_model_{use}"
    if size.isdigit():
        # Of preemptible machines all families share one quota.
        own = family in _OWN_FAMILIES and use != "training_preemptible"
        yield (f"{prefix}_{family}_cpus" if own else f"{prefix}_cpus"), int(size)
    chip = accelerator.lower().replace("tesla_", "")
    if chip.startswith("tpu"):
        yield f"{prefix}_{chip}", accelerators
    elif chip:
        # Without the memory's size, but for the A100 that there is in two sizes.
        name = chip if "a100" in chip else chip.replace("_80gb", "")
        yield f"{prefix}_{name}_gpus", accelerators


def azure_endpoint_machines(instances: int) -> int:
    """Machines that an online deployment takes from the quota: a fifth more, for upgrades.

    https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas
    """
    return -(-instances * 6 // 5)
