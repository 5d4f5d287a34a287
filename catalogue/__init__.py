"""Instances and prices of the clouds, as data with sources: the CSV files beside this module.

One file of instances a cloud. Which types SageMaker trains and hosts on is in the installed
botocore's service model (components/aws/instances.py), so the AWS file does not repeat it.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

Cloud = Literal["aws", "gcp", "azure"]
_HERE: Final = Path(__file__).resolve().parent


@dataclass(frozen=True, kw_only=True)
class Instance:
    """A machine of a cloud's managed ML service.

    memory_gib:    main memory.
    accelerator:   the chip as the cloud names it; "" without.
    accelerators:  number of chips in one machine.
    tpu_topology:  how a TPU host's chips are joined, such as `2x2`; "" without TPU.
    local_disk_gb: disk inside the machine (NVMe), 0 without, None where no source says.
    training:      whether jobs run on it; None: the cloud's SDK says (AWS).
    serving:       the same for endpoints.
    source:        key into sources.csv.
    """

    type: str
    vcpus: int
    memory_gib: float
    accelerator: str
    accelerators: int
    tpu_topology: str
    local_disk_gb: int | None
    training: bool | None
    serving: bool | None
    source: str


def rows(name: str) -> tuple[dict[str, str], ...]:
    """The rows of `name`.csv, as text."""
    with (_HERE / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def instances(cloud: Cloud) -> Mapping[str, Instance]:
    """All instances of a cloud by their type's name."""
    return {row["type"]: _instance(cloud, row) for row in rows(cloud)}


def _instance(cloud: Cloud, row: Mapping[str, str]) -> Instance:
    disk = row["local_disk_gb"]
    # EC2's own answers list the disks of all types; the other tables say nothing of some.
    none = 0 if cloud == "aws" else None
    return Instance(
        type=row["type"],
        vcpus=int(row["vcpus"]),
        memory_gib=float(row["memory_gib"]),
        accelerator=row["accelerator"],
        accelerators=int(row["accelerators"] or 0),
        tpu_topology=row["tpu_topology"],
        local_disk_gb=int(disk) if disk else none,
        training=_flag(row.get("training")),
        serving=_flag(row.get("serving")),
        source=row["source"],
    )


def _flag(text: str | None) -> bool | None:
    return None if text is None else text == "yes"


@cache
def regions(cloud: Cloud) -> frozenset[str]:
    """The regions of a cloud's ML service; empty where other data says them (AWS, Azure)."""
    return frozenset(row["region"] for row in rows("regions") if row["cloud"] == cloud)
