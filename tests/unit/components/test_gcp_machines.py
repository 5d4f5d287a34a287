"""Machines, accelerators and replicas that do not go together are refused, with a remedy."""

import pytest

from components.gcp.machines import Accelerator, check_machine, has_tpu, machine_spec


@pytest.mark.parametrize(
    ("machine", "accelerator"),
    [
        ("n1-standard-4", None),
        ("n1-standard-8", Accelerator("NVIDIA_TESLA_T4", 2)),
        ("g2-standard-8", None),
        ("a2-highgpu-1g", Accelerator("NVIDIA_TESLA_A100", 1)),
        ("cloud-tpu", Accelerator("TPU_V3", 8)),
        ("ct5lp-hightpu-4t", None),
    ],
)
def test_what_exists_is_accepted(machine: str, accelerator: Accelerator | None) -> None:
    check_machine(machine, accelerator)


@pytest.mark.parametrize(
    ("machine", "accelerator", "told"),
    [
        ("n1-standart-4", None, "nearest of its .*n1-standard-4"),
        ("n1-standard-2", None, "no machine type n1-standard-2 for training"),
        ("n1-standard-4", Accelerator("TPU_V3", 8), "takes no TPU: use machine type cloud-tpu"),
        ("cloud-tpu", None, "needs an accelerator of TPU_V2, TPU_V3"),
        ("cloud-tpu", Accelerator("TPU_V2", 5), "comes with 8, 32.* cores, not 5"),
        ("ct5lp-hightpu-4t", Accelerator("TPU_V3", 8), "names its TPU chips itself"),
        ("e2-standard-4", Accelerator("NVIDIA_TESLA_T4", 1), "cannot be attached to e2-standard-4"),
        ("n1-standard-8", Accelerator("NVIDIA_TESLA_T4", 3), "1, 2, 4 of NVIDIA_TESLA_T4, not 3"),
        ("n1-standard-96", Accelerator("NVIDIA_TESLA_V100", 1), "at most 12 vCPUs"),
        ("a2-highgpu-1g", Accelerator("NVIDIA_L4", 1), "comes with 1 × NVIDIA_TESLA_A100"),
    ],
)
def test_what_does_not_exist_is_refused(
    machine: str, accelerator: Accelerator | None, told: str
) -> None:
    with pytest.raises(ValueError, match=told):
        check_machine(machine, accelerator)


def test_a_tpu_slice_is_one_replica() -> None:
    with pytest.raises(ValueError, match="takes one replica"):
        check_machine("cloud-tpu", Accelerator("TPU_V3", 32), replicas=2)


def test_endpoints_run_on_smaller_machines_than_training() -> None:
    check_machine("n1-standard-2", serving=True)


def test_built_in_gpus_are_named_to_the_api() -> None:
    assert machine_spec("g2-standard-24", None) == {
        "machineType": "g2-standard-24",
        "acceleratorType": "NVIDIA_L4",
        "acceleratorCount": 2,
    }
    assert not has_tpu("g2-standard-24")
    assert has_tpu("ct5lp-hightpu-4t")
