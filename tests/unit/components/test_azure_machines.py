"""VM sizes that Azure ML has, and the names of what must be unique in all of Azure."""

import pytest

from components.azure.machines import check_machine, gpus, machine_types
from components.azure.names import global_name
from components.azure.vaults import vault_name

SUBSCRIPTION = "11111111-2222-4333-8444-555555555555"


@pytest.mark.parametrize("size", ["Standard_DS3_v2", "Standard_NC6s_v3", "Standard_D4as_v4"])
def test_sizes_that_exist_are_taken(size: str) -> None:
    check_machine(size)
    check_machine(size, serving=True)


def test_a_size_that_does_not_exist_comes_with_the_nearest() -> None:
    with pytest.raises(ValueError, match=r"no VM size Standard_DS3 for jobs; nearest.*_DS3_v2"):
        check_machine("Standard_DS3")


def test_some_sizes_train_and_do_not_serve() -> None:
    check_machine("Standard_D2_v2")
    with pytest.raises(ValueError, match="for online endpoints"):
        check_machine("Standard_D2_v2", serving=True)
    assert machine_types(serving=True) < machine_types()


def test_gpus_are_counted() -> None:
    assert (gpus("Standard_NC24s_v3"), gpus("Standard_ND40rs_v2"), gpus("Standard_DS3_v2")) == (
        4,
        8,
        0,
    )


def test_a_global_name_is_the_same_every_time_and_another_elsewhere() -> None:
    def name(stack: str, region: str = "eastus") -> str:
        return global_name(stack, "lake", SUBSCRIPTION, region, limit=24)

    assert name("trimaran-dev") == name("trimaran-dev")
    assert len({name("trimaran-dev"), name("trimaran-prod"), name("trimaran-dev", "uksouth")}) == 3
    longest = name("a-project-with-a-long-name-and-a-long-stack")
    assert len(longest) == 24
    assert longest.isalnum()


def test_a_dashed_name_begins_with_the_stack() -> None:
    name = global_name("trimaran-dev", "", SUBSCRIPTION, "eastus", limit=32, dash="-")
    assert name.startswith("trimaran-dev-")
    assert len(name) <= 32


def test_a_limit_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="has no room for lake"):
        global_name("trimaran", "lake", SUBSCRIPTION, "eastus", limit=12)


def test_a_vault_leaves_room_for_the_providers_suffix() -> None:
    names = [vault_name("trimaran-staging"), vault_name("trimaran-staging", "-ml")]
    assert names == ["trimaran-staging", "trimaran-stag-ml"]
    assert all(len(name) <= 24 - 8 for name in names)
