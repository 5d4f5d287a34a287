"""Machines and prices as data: complete, with sources, and in accord with the clouds' SDKs."""

import datetime as dt
from typing import get_args

import pytest

from catalogue import Cloud, instances, regions, rows
from components.aws import instances as aws_types
from components.azure import machines as azure_types
from components.gcp import machines as gcp_types

CLOUDS = get_args(Cloud)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_every_machine_has_processors_memory_and_a_known_source(cloud: Cloud) -> None:
    sources = {row["source"] for row in rows("sources")}
    assert len(rows(cloud)) == len(instances(cloud)) > 90
    for machine in instances(cloud).values():
        assert machine.vcpus > 0, machine
        assert machine.memory_gib > 0, machine
        assert bool(machine.accelerator) == (machine.accelerators > 0), machine
        assert machine.source in sources, machine


def test_sizes_that_a_type_names_are_its_vcpus() -> None:
    for name, machine in instances("gcp").items():
        if machine.accelerator.startswith("TPU") or name.startswith(("a2-", "a3-", "a4-")):
            continue
        assert machine.vcpus == int(name.rsplit("-", 1)[-1]), name


def test_local_disks_are_where_sagemaker_takes_no_key() -> None:
    for name, machine in instances("aws").items():
        assert bool(machine.local_disk_gb) == aws_types.has_local_storage(name), name


def test_gpus_are_where_the_components_expect_them() -> None:
    neuron = ("Inferentia", "Inferentia2", "Trainium", "Trainium2")
    for name, machine in instances("aws").items():
        has_gpu = bool(machine.accelerator) and machine.accelerator not in neuron
        assert has_gpu == aws_types.has_gpu(name), name


def test_only_tpu_hosts_have_a_topology_and_it_counts_their_chips() -> None:
    for name, machine in instances("gcp").items():
        assert bool(machine.tpu_topology) == gcp_types.has_tpu(name), name
        if machine.tpu_topology:
            chips = 1
            for side in machine.tpu_topology.split("x"):
                chips *= int(side)
            assert chips == machine.accelerators, name


def test_machines_of_the_mission_are_there() -> None:
    assert instances("gcp")["n1-standard-4"].memory_gib == 15
    assert instances("aws")["ml.m4.xlarge"].vcpus == 4
    assert instances("azure")["Standard_DS3_v2"].memory_gib == 14
    assert "n1-standard-2" not in gcp_types.machine_types()
    assert "n1-standard-2" in gcp_types.machine_types(serving=True)
    assert azure_types.gpus("Standard_ND96asr_v4") == 8


def test_prices_are_positive_dated_and_from_a_known_source() -> None:
    sources = {row["source"]: row for row in rows("sources")}
    keys = set()
    for row in rows("prices"):
        assert float(row["usd"]) > 0, row
        assert row["cloud"] in CLOUDS
        assert row["purchase"] in ("on-demand", "spot", "reserved-1y", "reserved-3y")
        source = sources[row["source"]]
        assert dt.date.fromisoformat(source["read"])
        assert not source["published"] or dt.date.fromisoformat(source["published"])
        keys.add((row["cloud"], row["region"], row["item"], row["purchase"]))
    assert len(keys) == len(rows("prices")), "a price stands twice"


def test_every_priced_machine_is_in_the_catalogue() -> None:
    services = {"sagemaker", "vertex-training", "vertex-prediction", "machine-learning"}
    known = {name for cloud in CLOUDS for name in instances(cloud)}
    priced = {
        row["item"].partition("/")[2]
        for row in rows("prices")
        if row["item"].partition("/")[0] in services
    }
    assert len(priced) > 90
    assert priced <= known


def test_every_source_is_used() -> None:
    used = {row["source"] for name in (*CLOUDS, "prices", "regions") for row in rows(name)}
    assert used == {row["source"] for row in rows("sources")}


def test_every_region_has_a_known_source_and_stands_once() -> None:
    sources = {row["source"] for row in rows("sources")}
    found = rows("regions")
    assert {row["source"] for row in found} <= sources
    assert len({(row["cloud"], row["region"]) for row in found}) == len(found) > 40
    assert "us-central1" in regions("gcp")
    assert regions("aws") == frozenset()
