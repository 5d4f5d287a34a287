"""Lines into CloudWatch Logs and points into CloudWatch, straight into moto's backends."""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import logs_backends

from sandbox.aws.context import Context

FLUSH_SECONDS = 0.25
# The service refuses larger events; longer lines are split by its agents, here they are cut.
LONGEST_EVENT = 256 * 1024 - 26

Dimensions = Mapping[str, str]


def put_metric(
    account: str,
    region: str,
    namespace: str,
    points: Sequence[tuple[str, float, str, Dimensions]],
) -> None:
    """Record ``(metric, value, unit, dimensions)`` points as of now."""
    now = datetime.now(UTC).replace(tzinfo=None)
    cloudwatch_backends[account][region].put_metric_data(
        namespace,
        [
            {
                "MetricName": name,
                "Value": value,
                "Unit": unit,
                "Timestamp": now,
                "Dimensions": [{"Name": key, "Value": item} for key, item in dimensions.items()],
            }
            for name, value, unit, dimensions in points
        ],
    )


class LogSink:
    """Collects lines and writes them to CloudWatch Logs a few times a second.

    Groups and streams are created when the first line arrives, as the services do.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._lock = threading.Lock()
        self._pending: dict[tuple[str, str, str, str], list[dict[str, Any]]] = defaultdict(list)
        context.every(FLUSH_SECONDS, "log-sink", self.flush)
        context.on_stop(self.flush)

    def write(self, account: str, region: str, group: str, stream: str, line: str) -> None:
        """Add one line, stamped with the current time."""
        event = {"timestamp": int(time.time() * 1000), "message": line[:LONGEST_EVENT]}
        with self._lock:
            self._pending[(account, region, group, stream)].append(event)

    def flush(self) -> None:
        """Write what was collected."""
        with self._lock:
            pending, self._pending = self._pending, defaultdict(list)
            for (account, region, group, stream), events in pending.items():
                backend = logs_backends[account][region]
                backend.ensure_log_group(group)
                backend.ensure_log_stream(group, stream)
                backend.groups[group].put_log_events(stream, events)
        if pending:
            self._context.changed("logs")
