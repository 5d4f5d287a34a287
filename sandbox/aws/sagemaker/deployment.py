"""Deployments: variants planned from a configuration, started, and shifted traffic to."""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from sandbox.aws import tempo
from sandbox.aws.context import Context
from sandbox.aws.sagemaker import model_process
from sandbox.aws.sagemaker.records import ACCOUNT, REGION, Record
from sandbox.aws.sagemaker.variant import Fleet, RunningVariant
from sandbox.aws.telemetry import LogSink
from sandbox.errors import JobError

START_TIMEOUT = 480.0
ALARM_CHECK_SECONDS = 0.5

log = logging.getLogger(__name__)


@dataclass
class VariantPlan:
    """What one variant of an endpoint runs; kept with the endpoint, so it outlives its model.

    ``container`` is the model's ContainerDefinition, ``config`` the ProductionVariant.
    """

    name: str
    container: dict[str, Any]
    isolated: bool
    config: dict[str, Any]
    weight: float
    count: int

    @property
    def serverless(self) -> Mapping[str, Any] | None:
        return self.config.get("ServerlessConfig")


def plan(config: Record, model: Callable[[str], Record]) -> list[VariantPlan]:
    """The variants of an endpoint configuration, with the counts and weights it gives.

    Args:
        model: finds a model's record by name; may raise Refusal.
    """
    plans = []
    for variant in config["ProductionVariants"]:
        record = model(variant["ModelName"])
        container = record.get("PrimaryContainer") or record["Containers"][0]
        plans.append(
            VariantPlan(
                name=variant["VariantName"],
                container=container,
                isolated=bool(record.get("EnableNetworkIsolation")),
                config=variant,
                weight=float(variant.get("InitialVariantWeight", 1.0)),
                count=int(variant.get("InitialInstanceCount") or 0),
            )
        )
    return plans


def start_fleet(
    context: Context,
    sink: LogSink,
    endpoint: Record,
    plans: Iterable[VariantPlan],
    generation: int,
    started: Callable[[Fleet], None],
) -> Fleet:
    """Start every variant's processes and wait until all are healthy.

    Args:
        started: told of the fleet before it is healthy, so that a deletion can end it.

    Raises:
        JobError: worded as an endpoint's FailureReason; nothing is left running.
    """
    account, region, name = endpoint[ACCOUNT], endpoint[REGION], endpoint["EndpointName"]
    group = f"/aws/sagemaker/Endpoints/{name}"
    fleet = Fleet([])
    started(fleet)
    try:
        for variant in plans:

            def on_line(process: str, line: str, variant: VariantPlan = variant) -> None:
                sink.write(account, region, group, f"{variant.name}/{process}", line)

            directory = context.state.endpoints / name / f"{variant.name}-{generation}"
            spec = model_process.prepare(
                context,
                region=region,
                container=variant.container,
                isolated=variant.isolated,
                name=f"{name}-{variant.name}-{generation}",
                directory=Path(directory),
                on_line=on_line,
                start_timeout=float(
                    variant.config.get("ContainerStartupHealthCheckTimeoutInSeconds", START_TIMEOUT)
                ),
            )
            running = RunningVariant(
                variant.name, spec, weight=variant.weight, serverless=variant.serverless
            )
            fleet.variants[variant.name] = running
            try:
                running.start(variant.count)
            except JobError as error:
                raise JobError(
                    f"The primary container for production variant {variant.name} did not pass "
                    "the ping health check. Please check CloudWatch logs for this endpoint. "
                    f"{error}"
                ) from error
    except BaseException:
        fleet.close(grace=3.0)
        raise
    return fleet


def alarms_of(config: Mapping[str, Any] | None) -> list[str]:
    """Names of the alarms that roll a deployment back."""
    alarms = (config or {}).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    return [alarm["AlarmName"] for alarm in alarms]


def alarms_in_alarm(endpoint: Record, names: Iterable[str]) -> list[str]:
    """Those of the alarms that are in state ALARM now."""
    alarms = cloudwatch_backends[endpoint[ACCOUNT]][endpoint[REGION]].alarms
    return [name for name in names if name in alarms and alarms[name].state_value == "ALARM"]


def traffic_steps(config: Mapping[str, Any] | None) -> list[tuple[float, float]]:
    """Shares of traffic on the new fleet, each with the seconds it stays there.

    The last step is all traffic; its seconds are those until the old fleet ends.
    """
    policy = (config or {}).get("BlueGreenUpdatePolicy", {})
    routing = policy.get("TrafficRoutingConfiguration", {})
    wait = _scaled(routing.get("WaitIntervalInSeconds", 0))
    final = (1.0, _scaled(policy.get("TerminationWaitInSeconds", 0)))
    match routing.get("Type", "ALL_AT_ONCE"):
        case "CANARY":
            return [(_share(routing.get("CanarySize")), wait), final]
        case "LINEAR":
            step = _share(routing.get("LinearStepSize"))
            steps = math.ceil(round(1.0 / step, 6)) - 1
            return [*((step * number, wait) for number in range(1, steps + 1)), final]
    return [(1.0, max(wait, final[1]))]


def _share(size: Mapping[str, Any] | None) -> float:
    # A number of instances becomes a share of traffic; the sandbox shifts requests, not machines.
    value = float((size or {}).get("Value", 50))
    is_percent = (size or {}).get("Type", "CAPACITY_PERCENT") == "CAPACITY_PERCENT"
    return min(1.0, max(0.01, value / 100 if is_percent else 0.5))


def _scaled(seconds: float) -> float:
    return float(seconds) * tempo.minute() / 60


def bake(
    endpoint: Record, names: list[str], seconds: float, stopping: threading.Event
) -> list[str]:
    """Watch the alarms for a while, at least once; those that went off."""
    deadline = time.monotonic() + seconds
    while True:
        triggered = alarms_in_alarm(endpoint, names)
        left = deadline - time.monotonic()
        if triggered or left <= 0:
            return triggered
        if stopping.wait(min(ALARM_CHECK_SECONDS, left)):
            return []
