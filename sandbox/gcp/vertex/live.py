"""Deployed models that serve: processes by endpoint, brought back after a restart."""

import logging
import random
import shutil
import threading
from collections.abc import Mapping

from sandbox.errors import JobError
from sandbox.gcp.context import Context
from sandbox.gcp.errors import ApiError, invalid
from sandbox.gcp.logs import LogEntries
from sandbox.gcp.vertex.serving_process import prepare, routes
from sandbox.serving import ReplicaSet
from sandbox.store import Record

STOP_GRACE = 10.0
COLLECTION = "vertex endpoints"

log = logging.getLogger(__name__)


class Deployments:
    """The processes behind all endpoints."""

    def __init__(self, context: Context, logs: LogEntries) -> None:
        self._context = context
        self._logs = logs
        self._lock = threading.Lock()
        self._serving: dict[tuple[str, str], tuple[ReplicaSet, str]] = {}
        context.on_start(self._restore)
        context.on_stop(self._close_all)
        context.reports.append(self._report)

    def start(self, endpoint: str, model: Record, deployed: Record) -> None:
        """Start a deployed model's replicas and wait until all answer.

        Raises:
            ApiError: it does not start; the text is the operation's error.
        """
        identifier = endpoint.rsplit("/", 1)[-1]
        directory = self._context.state.endpoints / identifier / deployed["id"]
        project = self._context.project_id(endpoint.split("/")[1])
        resource = {
            "type": "aiplatform.googleapis.com/Endpoint",
            "labels": {"endpoint_id": identifier, "resource_container": project},
        }

        def on_line(replica: str, line: str) -> None:
            labels = {"deployed_model_id": deployed["id"], "replica_id": replica}
            name = "aiplatform.googleapis.com%2Fprediction_container"
            self._logs.write(
                project, identifier, resource=resource, log=name, line=line, labels=labels
            )

        try:
            spec = prepare(
                self._context,
                model,
                deployed,
                endpoint=endpoint,
                directory=directory,
                on_line=on_line,
            )
            replicas = ReplicaSet(spec)
            with self._lock:
                _, predict = routes(model, identifier, deployed["id"])
                self._serving[(endpoint, deployed["id"])] = (replicas, predict)
            replicas.scale(minimum(deployed))
        except JobError as error:
            self.stop(endpoint, deployed["id"])
            raise invalid(
                f"Model server terminated or does not start: {error}. Its log: python -m sandbox "
                f"logs {identifier}"
            ) from error

    def stop(self, endpoint: str, deployed_id: str) -> None:
        """End a deployed model's processes."""
        with self._lock:
            item = self._serving.pop((endpoint, deployed_id), None)
        if item is not None:
            item[0].close(STOP_GRACE)
            # The log stays; the copy of the model would only fill the disk.
            shutil.rmtree(item[0].spec.directory / "model", ignore_errors=True)

    def scale(self, endpoint: str, deployed: Record) -> None:
        """Follow a change of the number of replicas.

        Raises:
            ApiError: a new replica does not start.
        """
        item = self._serving.get((endpoint, deployed["id"]))
        if item is None:
            return
        count = min(max(item[0].count, minimum(deployed)), maximum(deployed))
        try:
            item[0].scale(count)
        except JobError as error:
            raise invalid(f"A new replica does not start: {error}") from error

    def choose(self, endpoint: Record) -> str:
        """The id of the deployed model for one request, by the traffic split.

        Raises:
            ApiError: nothing is deployed, or nothing has traffic.
        """
        split: Mapping[str, int] = endpoint.get("trafficSplit", {})
        weights = {name: int(part) for name, part in split.items() if int(part) > 0}
        if not weights:
            raise ApiError(
                "FAILED_PRECONDITION",
                f"Endpoint {endpoint['name']} has no deployed model that gets traffic.",
            )
        if len(weights) == 1:
            return next(iter(weights))
        return random.choices(list(weights), list(weights.values()))[0]  # noqa: S311 - load

    def serving(self, endpoint: str, deployed_id: str) -> tuple[ReplicaSet, str]:
        """Replicas and predict route of a deployed model.

        Raises:
            ApiError: it does not serve now.
        """
        item = self._serving.get((endpoint, deployed_id))
        if item is None:
            raise ApiError("UNAVAILABLE", f"Deployed model {deployed_id} is not ready.")
        return item

    def _restore(self) -> None:
        """Start what was deployed when the sandbox was stopped."""
        for name, endpoint in self._context.store.find(COLLECTION):
            if endpoint.pop("_deploying", None):
                self._context.store.put(COLLECTION, name, endpoint)
            for deployed in endpoint.get("deployedModels", []):
                model = endpoint.get("_models", {}).get(deployed["id"])
                threading.Thread(
                    target=self._restart, args=(name, model, deployed), daemon=True
                ).start()

    def _restart(self, endpoint: str, model: Record, deployed: Record) -> None:
        try:
            self.start(endpoint, model, deployed)
        except ApiError as error:
            log.warning("%s does not serve %s again: %s", endpoint, deployed["id"], error)

    def _close_all(self) -> None:
        with self._lock:
            items = list(self._serving.values())
            self._serving.clear()
        threads = [
            threading.Thread(target=replicas.close, args=(STOP_GRACE,)) for replicas, _ in items
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _report(self) -> list[str]:
        with self._lock:
            items = list(self._serving.items())
        return [
            f"Vertex endpoint {endpoint.rsplit('/', 1)[-1]} serves deployed model {identifier} "
            f"with {replicas.count} replica(s)"
            for (endpoint, identifier), (replicas, _) in items
        ]


def minimum(deployed: Record) -> int:
    """Fewest replicas of a DeployedModel."""
    resources = deployed.get("dedicatedResources") or deployed.get("automaticResources") or {}
    return int(resources.get("minReplicaCount", 1)) or 1


def maximum(deployed: Record) -> int:
    """Most replicas of a DeployedModel."""
    resources = deployed.get("dedicatedResources") or deployed.get("automaticResources") or {}
    return int(resources.get("maxReplicaCount", 0)) or minimum(deployed)
