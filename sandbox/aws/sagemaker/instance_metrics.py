"""What the cloud's agent reports of the instances behind an endpoint: processor and memory."""

import os
import time

from sandbox.aws.context import Context
from sandbox.aws.sagemaker.endpoints import Endpoints
from sandbox.aws.telemetry import put_metric
from sandbox.serving import Replica

NAMESPACE = "/aws/sagemaker/Endpoints"
REPORT_SECONDS = 10.0


class InstanceMetrics:
    """CPUUtilization and MemoryUtilization, in percent of this machine, averaged per variant.

    As in the cloud, CPUUtilization of one busy core is 100 and can exceed it.
    """

    def __init__(self, context: Context, endpoints: Endpoints) -> None:
        self._context = context
        self._endpoints = endpoints
        self._seen: dict[Replica, tuple[float, float]] = {}
        self._memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        context.every(REPORT_SECONDS, "instance-metrics", self.report)

    def report(self) -> None:
        """Measure since the last report and put one point for each variant."""
        seen: dict[Replica, tuple[float, float]] = {}
        for (account, region, name), live in list(self._endpoints.live.items()):
            for variant in list(live.fleet.variants.values()) if live.fleet else ():
                loads, memories = [], []
                for replica in variant.replicas.replicas:
                    now, (seconds, memory) = time.monotonic(), replica.usage
                    seen[replica] = (now, seconds)
                    if replica in self._seen:
                        before, used = self._seen[replica]
                        loads.append(max(0.0, seconds - used) / (now - before) * 100)
                        memories.append(memory / self._memory * 100)
                if loads:
                    dimensions = {"EndpointName": name, "VariantName": variant.name}
                    points = [
                        ("CPUUtilization", sum(loads) / len(loads), "Percent", dimensions),
                        ("MemoryUtilization", sum(memories) / len(memories), "Percent", dimensions),
                    ]
                    put_metric(account, region, NAMESPACE, points)
                    self._context.changed("cloudwatch")
        self._seen = seen
