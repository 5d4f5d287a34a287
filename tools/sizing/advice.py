"""Whether a stack's own choice of instances is more than its load needs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from catalogue import Cloud, instances
from stacks.settings import Settings
from tools.cost.prices import Prices
from tools.sizing.propose import Fit, Impossible, fit, propose

_WORTH: Final = 1.25
"""How much dearer the chosen must be before anybody is bothered."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the settings of a cloud say."""

    type: str
    count: int


def chosen(settings: Settings, cloud: Cloud) -> Chosen | None:
    """A cloud's endpoint as it is configured; None without instances."""
    return _CHOICES[cloud](settings)


def warnings(settings: Settings, prices: Prices) -> Iterator[str]:
    """A sentence for each cloud that is over-allocated, or too small for the assumed load."""
    # What is only compared with tells nothing of the age of what is shown.
    prices = prices.apart()
    for cloud in settings.clouds:
        choice = chosen(settings, cloud)
        machine = instances(cloud).get(choice.type) if choice else None
        if choice is None or machine is None or machine.accelerator:
            continue  # accelerators are not chosen by this arithmetic
        region = getattr(settings, cloud).region
        try:
            # Two instances and more are a decision for the case that one fails: two stay.
            best = propose(cloud, settings.usage, prices, region, least=min(choice.count, 2)).fit
        except Impossible as reason:
            yield f"{cloud}: {reason}"
            continue
        own = fit(cloud, machine, settings.usage, prices, region, least=choice.count)
        text = _judged(choice, own, best)
        if text:
            yield f"{cloud}: {text}"


def _judged(choice: Chosen, own: Fit | None, best: Fit) -> str | None:
    proposed = f"{best.count} × {best.instance.type}"
    if own is None:
        return f"{choice.type} has no memory for the model: {proposed} would"
    if own.count > choice.count:
        return (
            f"{choice.count} × {choice.type} carry {choice.count * own.capacity:.0f} requests/s of "
            f"those assumed: {own.count} of them would do, or {proposed}"
        )
    if own.month is None or best.month is None or own.month <= best.month * _WORTH:
        return None
    return (
        f"{choice.count} × {choice.type} is more than the assumed load needs: {proposed} carries "
        f"it for {best.month:,.2f} instead of {own.month:,.2f} USD a month "
        "(settings `usage`; reasoning: `make sizing`)"
    )


def _aws(settings: Settings) -> Chosen | None:
    if settings.aws is None or settings.aws.serving.serverless:
        return None
    serving = settings.aws.serving
    least = serving.autoscaling.min_instances if serving.autoscaling else serving.instance_count
    return Chosen(type=serving.instance_type, count=least)


def _gcp(settings: Settings) -> Chosen | None:
    if settings.gcp is None or settings.gcp.serving.accelerator:
        return None
    serving = settings.gcp.serving
    least = serving.autoscaling.min_replicas if serving.autoscaling else serving.replica_count
    return Chosen(type=serving.machine_type, count=least)


def _azure(settings: Settings) -> Chosen | None:
    if settings.azure is None or "endpoint" not in settings.azure.serving.targets:
        return None
    serving = settings.azure.serving
    least = serving.autoscaling.min_replicas if serving.autoscaling else serving.replica_count
    return Chosen(type=serving.machine_type, count=least)


_CHOICES: Final[Mapping[Cloud, Callable[[Settings], Chosen | None]]] = {
    "aws": _aws,
    "gcp": _gcp,
    "azure": _azure,
}
