"""The machines that a stack's settings ask for."""

from collections.abc import Iterator
from dataclasses import dataclass

from catalogue.quotas import Use
from components.gcp.machines import Accelerator, built_in
from stacks.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Machines:
    """Machines of one type for one use.

    least:   without these `up` is refused.
    most:    when everything is scaled out and a new model stands beside the old one.
    setting: where they come from.
    """

    type: str
    use: Use
    least: int
    most: int
    setting: str
    accelerator: Accelerator | None = None


def of_aws(settings: Settings) -> Iterator[Machines]:
    """SageMaker's instances. Searches are refused unless all parallel trials fit."""
    assert settings.aws is not None
    training, serving = settings.aws.training, settings.aws.serving
    count = training.instance_count * _parallel(settings)
    yield Machines(
        type=training.instance_type,
        use="training_preemptible" if settings.uses_spot("aws") else "training",
        least=count,
        most=count,
        setting="aws.training.instance_type",
    )
    if serving.serverless:
        return
    scaling = serving.autoscaling
    highest = scaling.max_instances if scaling else serving.instance_count
    yield Machines(
        type=serving.instance_type,
        use="serving",
        least=serving.instance_count,
        most=2 * max(highest, serving.instance_count),
        setting="aws.serving.instance_type",
    )


def of_gcp(settings: Settings) -> Iterator[Machines]:
    """Vertex AI's machines. A deployment counts its most replicas from the start."""
    assert settings.gcp is not None
    training, serving = settings.gcp.training, settings.gcp.serving
    count = training.replica_count * _parallel(settings)
    yield Machines(
        type=training.machine_type,
        use="training_preemptible" if settings.uses_spot("gcp") else "training",
        least=count,
        most=count,
        setting="gcp.training.machine_type",
        accelerator=training.accelerator or built_in(training.machine_type),
    )
    scaling = serving.autoscaling
    highest = scaling.max_replicas if scaling else serving.replica_count
    yield Machines(
        type=serving.machine_type,
        use="serving",
        least=highest,
        most=2 * highest,
        setting="gcp.serving.machine_type",
        accelerator=serving.accelerator or built_in(serving.machine_type),
    )


def of_azure(settings: Settings) -> Iterator[Machines]:
    """Azure ML's machines. A cluster grows as far as it can, so one node is enough for `up`."""
    assert settings.azure is not None
    training, serving = settings.azure.training, settings.azure.serving
    yield Machines(
        type=training.machine_type,
        use="training_preemptible" if settings.uses_spot("azure") else "training",
        least=1,
        most=training.max_nodes,
        setting="azure.training.machine_type",
    )
    if "endpoint" not in serving.targets:
        return
    scaling = serving.autoscaling
    yield Machines(
        type=serving.machine_type,
        use="serving",
        least=scaling.min_replicas if scaling else serving.replica_count,
        most=2 * (scaling.max_replicas if scaling else serving.replica_count),
        setting="azure.serving.machine_type",
    )


def _parallel(settings: Settings) -> int:
    return settings.tuning.parallel_trials if settings.tuning.enabled else 1
