"""VM sizes of Azure ML, and which of them train and which serve.

https://learn.microsoft.com/azure/machine-learning/concept-compute-target
https://learn.microsoft.com/azure/machine-learning/reference-managed-online-endpoints-vm-sku-list
"""

import difflib
from typing import Final

_GENERAL: Final = frozenset(
    {
        *(f"Standard_DS{n}_v2" for n in (1, 2, 3, 4, 5)),
        *(f"Standard_D{n}s_v3" for n in (2, 4, 8, 16, 32, 48, 64)),
        *(f"Standard_D{n}as_v4" for n in (2, 4, 8, 16, 32, 48, 64, 96)),
        *(f"Standard_D{n}s_v5" for n in (2, 4, 8, 16, 32, 48, 64, 96)),
        *(f"Standard_D{n}a{disk}s_v5" for n in (2, 4, 8, 16, 32, 48, 64, 96) for disk in ("", "d")),
        *(f"Standard_E{n}s_v3" for n in (2, 4, 8, 16, 32, 48, 64)),
        *(f"Standard_E{n}s_v5" for n in (2, 4, 8, 16, 20, 32, 48, 64)),
        *(f"Standard_F{n}s_v2" for n in (2, 4, 8, 16, 32, 48, 64, 72)),
    }
)
_TRAINING_ONLY: Final = frozenset(
    {
        *(f"Standard_D{n}_v2" for n in (1, 2, 3, 4, 5)),
        *(f"Standard_D{n}_v3" for n in (2, 4, 8, 16, 32, 64)),
        *(f"Standard_M{n}s" for n in (64, 128)),
    }
)
# Size to its number of GPUs.
_WITH_GPU: Final = {
    **{f"Standard_NC{6 * n}s_v3": n for n in (1, 2, 4)},
    "Standard_NC4as_T4_v3": 1,
    "Standard_NC8as_T4_v3": 1,
    "Standard_NC16as_T4_v3": 1,
    "Standard_NC64as_T4_v3": 4,
    **{f"Standard_NC{24 * n}ads_A100_v4": n for n in (1, 2, 4)},
    "Standard_NC40ads_H100_v5": 1,
    "Standard_NC80adis_H100_v5": 2,
    "Standard_ND40rs_v2": 8,
    "Standard_ND96asr_v4": 8,
    "Standard_ND96amsr_A100_v4": 8,
    "Standard_ND96isr_H100_v5": 8,
    "Standard_ND96isr_H200_v5": 8,
}


def machine_types(*, serving: bool = False) -> frozenset[str]:
    """All sizes that train, or with ``serving`` those that online endpoints run on."""
    own = frozenset() if serving else _TRAINING_ONLY
    return frozenset({*_GENERAL, *own, *_WITH_GPU})


def gpus(machine_type: str) -> int:
    """How many GPUs a size has."""
    return _WITH_GPU.get(machine_type, 0)


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
