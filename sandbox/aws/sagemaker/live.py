"""Endpoints that run: creation, update with rollback, scaling and deletion in the background."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.aws.context import Context
from sandbox.aws.sagemaker import deployment
from sandbox.aws.sagemaker.deployment import VariantPlan
from sandbox.aws.sagemaker.records import Record, Records
from sandbox.aws.sagemaker.variant import Fleet
from sandbox.aws.telemetry import LogSink
from sandbox.errors import JobError

# Fields of an endpoint's record that only the sandbox reads.
PLANS, CAPTURE, GENERATION = "_plans", "_capture", "_generation"
RESTORE_WAIT = 60.0

log = logging.getLogger(__name__)


class LiveEndpoint:
    """One endpoint's processes and the operation that is under way on it.

    Operations run one after another in a thread; the record's status tells how far they are.
    """

    def __init__(self, context: Context, records: Records, record: Record, sink: LogSink) -> None:
        self.record = record
        self.fleet: Fleet | None = None
        self._context = context
        self._records = records
        self._sink = sink
        self._incoming: Fleet | None = None
        self._share = 0.0
        self._serial = threading.Lock()
        self._deleted = False
        self._restored = threading.Event()
        self._restored.set()

    @property
    def name(self) -> str:
        return str(self.record["EndpointName"])

    def choose_fleet(self) -> Fleet | None:
        """The fleet for one request: during a shift, the new one by its share of traffic."""
        if self.fleet is None:
            # Starting again with the sandbox: a caller sees a slow answer instead of an error.
            self._restored.wait(RESTORE_WAIT)
        incoming = self._incoming
        if incoming is not None and random.random() < self._share:  # noqa: S311
            return incoming
        return self.fleet

    def create(self) -> None:
        """Start the processes: InService, or Failed with the reason."""
        self._in_background(self._create, self._create_failed)

    def restore(self) -> None:
        """Start the processes again after a restart of the sandbox."""
        self._restored.clear()

        def restored() -> None:
            try:
                self._create()
            finally:
                self._restored.set()

        self._in_background(restored, self._create_failed)

    def update(
        self,
        plans: list[VariantPlan],
        capture: dict[str, Any] | None,
        config_name: str,
        deployment_config: dict[str, Any] | None,
    ) -> None:
        """Swap to new plans; on failure or alarm the old processes go on serving."""
        self._in_background(
            lambda: self._update(plans, capture, config_name, deployment_config),
            self._update_failed,
        )

    def scale(self, plans: list[VariantPlan]) -> None:
        """Change counts and weights of the processes there are."""
        self._in_background(lambda: self._scale(plans), self._update_failed)

    def delete(self) -> None:
        """End the processes and forget the endpoint."""
        self._deleted = True
        self._in_background(self._delete, self._update_failed)

    def stop(self) -> None:
        """The sandbox stops: end the processes, keep the record."""
        self._deleted = True
        for fleet in (self._incoming, self.fleet):
            if fleet is not None:
                fleet.close(grace=5.0)

    def _in_background(self, work: Callable[[], None], failed: Callable[[str], None]) -> None:
        def run() -> None:
            with self._serial:
                try:
                    work()
                except JobError as error:
                    failed(str(error))
                except Exception as error:
                    log.exception("endpoint %s", self.name)
                    failed(f"InternalServerError: the sandbox failed: {error!r}")

        threading.Thread(target=run, name=f"endpoint/{self.name}", daemon=True).start()

    def _start(self, plans: list[VariantPlan]) -> Fleet:
        generation = int(self.record.get(GENERATION, 0)) + 1
        self._records.update(self.record, **{GENERATION: generation})

        def started(fleet: Fleet) -> None:
            self._incoming = fleet

        self._share = 0.0
        try:
            fleet = deployment.start_fleet(
                self._context, self._sink, self.record, plans, generation, started
            )
        except BaseException:
            self._incoming = None
            raise
        if self._deleted:
            fleet.close(grace=3.0)
            raise JobError("the endpoint was deleted")
        return fleet

    def _create(self) -> None:
        if self._deleted:
            return
        self.fleet = self._start(self.record[PLANS])
        self._incoming = None
        self._records.update(self.record, EndpointStatus="InService", FailureReason=None)

    def _create_failed(self, reason: str) -> None:
        if not self._deleted:
            self._sink.flush()
            self._records.update(self.record, EndpointStatus="Failed", FailureReason=reason[:1024])

    def _update(
        self,
        plans: list[VariantPlan],
        capture: dict[str, Any] | None,
        config_name: str,
        deployment_config: dict[str, Any] | None,
    ) -> None:
        old = self.fleet
        fleet = self._start(plans)
        try:
            self._shift(fleet, deployment_config)
        except JobError:
            self._records.update(self.record, EndpointStatus="RollingBack")
            self._share = 0.0
            self._incoming = None
            fleet.close(grace=10.0)
            raise
        self.fleet = fleet
        self._incoming = None
        self._records.update(
            self.record,
            EndpointStatus="InService",
            EndpointConfigName=config_name,
            FailureReason=None,
            LastDeploymentConfig=deployment_config,
            PendingDeploymentSummary=None,
            **{PLANS: plans, CAPTURE: capture},
        )
        if old is not None:
            old.close()

    def _shift(self, fleet: Fleet, deployment_config: dict[str, Any] | None) -> None:
        """Send traffic to the new fleet step by step.

        Raises:
            JobError: an alarm went off, or a process of the new fleet ended.
        """
        names = deployment.alarms_of(deployment_config)
        for share, seconds in deployment.traffic_steps(deployment_config):
            self._incoming, self._share = fleet, share
            triggered = deployment.bake(self.record, names, seconds, self._context.stopping)
            if triggered:
                raise JobError(
                    "Deployment was rolled back because one or more alarms went off: "
                    f"{', '.join(triggered)}."
                )
            crashed = [name for name, item in fleet.variants.items() if item.replicas.restarts]
            if crashed:
                raise JobError(
                    "Deployment was rolled back because the primary container for production "
                    f"variant {', '.join(crashed)} ended while it took over traffic."
                )
            if self._deleted:
                raise JobError("the endpoint was deleted")

    def _update_failed(self, reason: str) -> None:
        """The old processes still serve: InService, with the reason."""
        if not self._deleted:
            self._sink.flush()
            self._records.update(
                self.record,
                EndpointStatus="InService" if self.fleet is not None else "Failed",
                FailureReason=reason[:1024],
                PendingDeploymentSummary=None,
            )

    def _scale(self, plans: list[VariantPlan]) -> None:
        fleet = self.fleet
        if fleet is None:
            raise JobError("the endpoint has no processes")
        for plan in plans:
            running = fleet.variants[plan.name]
            running.weight = plan.weight
            if not plan.serverless:
                running.replicas.scale(plan.count)
        self._records.update(
            self.record, EndpointStatus="InService", FailureReason=None, **{PLANS: plans}
        )

    def _delete(self) -> None:
        for fleet in (self._incoming, self.fleet):
            if fleet is not None:
                fleet.close(grace=10.0, keep_logs=False)
        self.fleet = self._incoming = None
        self._records.remove(self.record, self.name)

    def rest(self) -> None:
        """Let idle serverless variants go to sleep."""
        if self.fleet is not None:
            for variant in self.fleet.variants.values():
                variant.rest()

    def wait_quiet(self, timeout: float) -> bool:
        """Whether no operation is under way within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        acquired = self._serial.acquire(timeout=max(0.0, deadline - time.monotonic()))
        if acquired:
            self._serial.release()
        return acquired
