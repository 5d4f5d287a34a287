"""VM sizes of Azure ML, and which of them train and which serve.

https://learn.microsoft.com/azure/machine-learning/concept-compute-target
https://learn.microsoft.com/azure/machine-learning/reference-managed-online-endpoints-vm-sku-list
"""

import difflib
from typing import Final

from catalogue import instances

_SIZES: Final = instances("azure")


def machine_types(*, serving: bool = False) -> frozenset[str]:
    """All sizes that train, or with ``serving`` those that online endpoints run on."""
    return frozenset(
        name for name, size in _SIZES.items() if (size.serving if serving else size.training)
    )


def gpus(machine_type: str) -> int:
    """How many GPUs a size has."""
    return _SIZES[machine_type].accelerators if machine_type in _SIZES else 0


def check_machine(machine_type: str, *, serving: bool = False) -> None:
    """Refuses what Azure ML has not.

    Raises:
        ValueError: naming the size, and the nearest that exist.
    """
    known = machine_types(serving=serving)
    if machine_type in known:
        return
    near = difflib.get_close_matches(machine_type, sorted(known), n=3, cutoff=0.4)
    use = "online endpoints" if serving else "jobs"
    hint = ", ".join(near or ["Standard_DS3_v2"])
    raise ValueError(
        f"Azure ML has no VM size {machine_type} for {use}; nearest of its {len(known)}: {hint}"
    )
