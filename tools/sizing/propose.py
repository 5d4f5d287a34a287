"""From model size, latency and load to an instance type and a number, with the reasoning.

A processor that answers one request after the other is a queue: with arrivals at random (M/M/1)
and a share b of its time busy, 99 of 100 requests are answered within t · ln(100) / (1 - b), where
t is the processor time of one request. So the latency that is asked for limits b, and b limits the
requests a processor takes. https://en.wikipedia.org/wiki/M/M/1_queue
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from catalogue import Cloud, Instance, instances
from components.aws.instances import check_hosting_type
from stacks.usage_settings import UsageSettings
from tools.cost.meter import HOURS
from tools.cost.prices import Prices

SAMPLE_MILLISECONDS: Final = 0.7
"""Of the sample model: one worker answers 1420 requests/s (docs/performance.md)."""
BUSIEST: Final = 0.7
"""Share of its time that a processor works at most: the rest is for bursts and the system."""
SYSTEM_GIB: Final = 1.0
"""Memory that stays for the system and the server."""
_TAIL: Final = math.log(100)
_SERVICES: Final = {"aws": "sagemaker", "gcp": "vertex-prediction", "azure": "machine-learning"}


class Impossible(Exception):
    """No number of instances meets what is asked for, and why."""


@dataclass(frozen=True, kw_only=True)
class Fit:
    """An instance type in the number that carries the load.

    room:     processes, each with a model of its own, that its memory has room for.
    capacity: requests/s that one instance takes within the latency.
    month:    USD; None without a price.
    """

    instance: Instance
    count: int
    room: int
    capacity: float
    month: float | None


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """The cheapest fit of a cloud, and how it was found."""

    cloud: Cloud
    fit: Fit
    reasons: tuple[str, ...]


def busy_share(usage: UsageSettings) -> float:
    """The share of its time that a processor may work. Raises Impossible."""
    milliseconds = usage.milliseconds_per_request or SAMPLE_MILLISECONDS
    least = milliseconds * _TAIL
    if least >= usage.latency_ms:
        raise Impossible(
            f"a request takes {milliseconds:g} ms of a processor, so that 99 of 100 answers take "
            f"up to {least:.1f} ms even without load: more than usage.latency_ms "
            f"({usage.latency_ms:g}); make the model quicker, or allow more"
        )
    return min(BUSIEST, 1 - least / usage.latency_ms)


def fit(
    cloud: Cloud, machine: Instance, usage: UsageSettings, prices: Prices, region: str, least: int
) -> Fit | None:
    """How many of ``machine`` carry the load, at least ``least``; None when no model fits in it."""
    milliseconds = usage.milliseconds_per_request or SAMPLE_MILLISECONDS
    room = math.floor((machine.memory_gib - SYSTEM_GIB) / usage.model_gb)
    if room < 1:
        return None
    capacity = min(machine.vcpus, room) * busy_share(usage) * 1000 / milliseconds
    count = max(least, math.ceil(usage.requests_per_second / capacity))
    price = prices.find(cloud, region, f"{_SERVICES[cloud]}/{machine.type}", "on-demand")
    return Fit(
        instance=machine,
        count=count,
        room=room,
        capacity=capacity,
        month=None if price is None else price.usd * count * HOURS,
    )


def propose(
    cloud: Cloud, usage: UsageSettings, prices: Prices, region: str, least: int = 1
) -> Proposal:
    """The cheapest type without accelerators that carries the load. Raises Impossible.

    least: instances that there must be in any case, for instance two, so that one may fail.
    """
    share = busy_share(usage)
    fits = [
        found
        for machine in _serving(cloud)
        if not machine.accelerator
        and (found := fit(cloud, machine, usage, prices, region, least)) is not None
    ]
    if not fits:
        raise Impossible(
            f"no instance of {cloud} has memory for a model of {usage.model_gb:g} GB "
            "(usage.model_gb)"
        )
    priced = [found for found in fits if found.month is not None]
    best = min(priced or fits, key=_cost)
    return Proposal(
        cloud=cloud, fit=best, reasons=tuple(_reasons(usage, share, best, len(priced), region))
    )


def _serving(cloud: Cloud) -> Iterable[Instance]:
    for machine in instances(cloud).values():
        if machine.serving or (machine.serving is None and _hosted(machine.type)):
            yield machine


def _hosted(name: str) -> bool:
    try:
        check_hosting_type(name)
    except ValueError:
        return False
    return True


def _cost(found: Fit) -> tuple[float, float, int]:
    """By price; without one by size. Of equals the fewest machines."""
    size = found.count * (found.instance.vcpus + found.instance.memory_gib / 8)
    return (found.month or 0, size, found.count)


def _reasons(
    usage: UsageSettings, share: float, best: Fit, priced: int, region: str
) -> Iterable[str]:
    measured = usage.milliseconds_per_request
    milliseconds = measured or SAMPLE_MILLISECONDS
    source = (
        "settings `usage`, or measured" if measured else "the sample model's, docs/performance.md"
    )
    yield f"a request takes {milliseconds:g} ms of a processor ({source})"
    limit = (
        f"no more than {BUSIEST:.0%}, the rest is for bursts"
        if share == BUSIEST
        else f"else the 99th percentile would pass {usage.latency_ms:g} ms"
    )
    each = share * 1000 / milliseconds
    yield f"each may work {share:.0%} of the time ({limit}): {each:.0f} req/s"
    machine = best.instance
    yield (
        f"{machine.type} has vCPUs for {machine.vcpus} and memory ({machine.memory_gib:g} GiB) "
        f"for {best.room} processes with a model of {usage.model_gb:g} GB: "
        f"{best.capacity:.0f} req/s"
    )
    yield f"asked for are {usage.requests_per_second:g} req/s: {best.count} instance(s)"
    yield (
        f"cheapest of {priced} types with a known price in {region}"
        if priced
        else f"smallest that carries it; no price is known in {region}"
    )
