"""Endpoints: what is deployed to them and how their traffic is split."""

import re
import shutil
from typing import Any

from sandbox.gcp.context import Context, now
from sandbox.gcp.errors import already_exists, invalid, not_found, precondition
from sandbox.gcp.operations import COLLECTION as OPERATIONS
from sandbox.gcp.operations import new_id
from sandbox.gcp.paging import apply_mask, camel, masked, page
from sandbox.gcp.recorded import policies
from sandbox.gcp.recorded.collection import visible
from sandbox.gcp.vertex import machines
from sandbox.gcp.vertex.live import Deployments, maximum, minimum
from sandbox.gcp.vertex.models import Models
from sandbox.gcp.vertex.quotas import Quotas
from sandbox.gcp.vertex.resources import PARENT, Resources, with_names_of_enums
from sandbox.router import Request
from sandbox.store import Record

_ENDPOINT_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_UPDATABLE = {"displayName", "description", "labels", "trafficSplit", "clientConnectionConfig",
              "predictRequestResponseLoggingConfig"}  # fmt: skip


class Endpoints(Resources):
    """Answers the methods of endpoints; deploying starts processes."""

    def __init__(
        self, context: Context, models: Models, deployments: Deployments, quotas: Quotas
    ) -> None:
        super().__init__(context, "endpoints")
        self._models, self._deployments, self._quotas = models, deployments, quotas
        self.routes_to_read()
        base = f"{PARENT}/endpoints"
        self.route("POST", base, self._create)
        self.route("PATCH", f"{base}/{{id}}", self._patch)
        self.route("POST", f"{base}/{{id}}:update", self._update)
        self.route("DELETE", f"{base}/{{id}}", self._delete)
        self.route("POST", f"{base}/{{id}}:deployModel", self._deploy)
        self.route("POST", f"{base}/{{id}}:undeployModel", self._undeploy)
        self.route("POST", f"{base}/{{id}}:mutateDeployedModel", self._mutate)
        self.route("GET", f"{base}/{{id}}/operations", self._operations)
        policies.routes(context, f"/v1beta1/{base}/{{id}}", self.find)

    def _create(self, request: Request) -> Record:
        given = with_names_of_enums(request.json())
        if not given.get("displayName"):
            raise invalid("Endpoint.display_name is required but missing.")
        wanted = request.query.get("endpointId")
        if wanted is not None and not _ENDPOINT_ID.fullmatch(wanted):
            raise invalid(f"endpoint_id {wanted!r} must match {_ENDPOINT_ID.pattern}.")
        for name in ("deployedModels", "trafficSplit"):
            given.pop(name, None)
        with self.store.transaction():
            record = self.new(request, given, wanted or new_id())
            if self.store.get(self.collection, record["name"]) is not None:
                raise already_exists(f"Endpoint {record['name']}")
            record.update(etag=new_id(), deployedModels=[], trafficSplit={}, _models={})
            if given.get("dedicatedEndpointEnabled"):
                # The cloud gives such an endpoint a name of its own; here all share one address.
                record["dedicatedEndpointDns"] = self.context.url.removeprefix("http://")
            self.save(record)
        return self.operation(
            request,
            lambda: visible(record),
            response="Endpoint",
            metadata="CreateEndpointOperationMetadata",
        )

    def _change(self, request: Request, given: Record, mask: list[list[str]] | None) -> Record:
        paths = mask or [[key] for key in given if key in _UPDATABLE]
        for path in paths:
            if path[0] not in _UPDATABLE:
                raise invalid(f"Field {path[0]!r} of an endpoint cannot be updated.")
        with self.store.transaction():
            record = self.find(request)
            apply_mask(record, given, paths)
            if ["trafficSplit"] in paths:
                ids = {item["id"] for item in record["deployedModels"]}
                record["trafficSplit"] = _checked_split(record.get("trafficSplit", {}), ids)
            record["updateTime"] = now()
            self.save(record)
        return visible(record)

    def _patch(self, request: Request) -> Record:
        return self._change(request, request.json(), masked(request))

    def _update(self, request: Request) -> Record:
        given = request.json().get("endpoint", {})
        record = self._change(request, {k: v for k, v in given.items() if k in _UPDATABLE}, None)
        return self.operation(
            request,
            lambda: record,
            response="Endpoint",
            metadata="UpdateEndpointOperationMetadata",
        )

    def _delete(self, request: Request) -> Record:
        with self.store.transaction():
            record = self.find(request)
            if record["deployedModels"] or record.get("_deploying"):
                raise precondition(
                    f'Endpoint "{record["name"]}" has deployed or being-deployed DeployedModel(s). '
                    "Undeploy them before the endpoint is deleted."
                )
            self.store.delete(self.collection, record["name"])
            self.store.delete(policies.COLLECTION, record["name"])
        logs = self.context.state.endpoints / record["name"].rsplit("/", 1)[-1]
        return self.deletion(request, lambda: shutil.rmtree(logs, ignore_errors=True))

    def _deploy(self, request: Request) -> Record:
        body = with_names_of_enums(request.json())
        deployed: dict[str, Any] = dict(body.get("deployedModel", {}))
        model = self._models.version(str(deployed.get("model", "")))
        _check_resources(deployed)
        split = body.get("trafficSplit") or None
        with self.store.transaction():
            endpoint = self.find(request)
            if endpoint["name"].split("/")[3] != model["name"].split("/")[3]:
                raise invalid("The model and the endpoint must be in the same location.")
            taken = {item["id"] for item in endpoint["deployedModels"]}
            taken |= set(endpoint.get("_deploying", []))
            deployed.setdefault("id", new_id())
            if deployed["id"] in taken:
                raise already_exists(f"Deployed model {deployed['id']}")
            if split is not None:
                split = {deployed["id"] if key == "0" else key: part for key, part in split.items()}
                split = _checked_split(split, taken | {deployed["id"]})
            self._quotas.refuse_deployment(self.parent(request), deployed)
            endpoint.setdefault("_deploying", []).append(deployed["id"])
            self.save(endpoint)
        deployed |= {
            "model": model["name"],
            "modelVersionId": model["versionId"],
            "createTime": now(),
        }
        deployed.setdefault("displayName", model["displayName"])
        name = endpoint["name"]

        def work() -> Record:
            try:
                self._deployments.start(name, model, deployed)
                with self.store.change(self.collection, name) as record:
                    record["deployedModels"].append(deployed)
                    record["_models"][deployed["id"]] = model
                    if split is not None:
                        record["trafficSplit"] = split
                    record["updateTime"] = now()
            except KeyError:
                self._deployments.stop(name, deployed["id"])
                raise not_found(f"Endpoint {name}") from None
            finally:
                self._no_longer_deploying(name, deployed["id"])
            return {"deployedModel": deployed}

        return self.operation(
            request,
            work,
            response="DeployModelResponse",
            metadata="DeployModelOperationMetadata",
            background=True,
            under=name,
        )

    def _operations(self, request: Request) -> Record:
        prefix = f"{self.find(request)['name']}/operations/"
        found = [record for _, record in self.store.find(OPERATIONS)]
        own = [record for record in found if record["name"].startswith(prefix)]
        return page(request, "operations", own)

    def _no_longer_deploying(self, name: str, identifier: str) -> None:
        try:
            with self.store.change(self.collection, name) as record:
                record["_deploying"] = [i for i in record["_deploying"] if i != identifier]
        except KeyError:
            pass

    @staticmethod
    def _deployed(endpoint: Record, identifier: str) -> Record:
        for item in endpoint["deployedModels"]:
            if item["id"] == identifier:
                return dict(item)
        raise not_found(f"DeployedModel {identifier} of {endpoint['name']}")

    def _undeploy(self, request: Request) -> Record:
        body = request.json()
        identifier = str(body.get("deployedModelId", ""))
        with self.store.transaction():
            endpoint = self.find(request)
            self._deployed(endpoint, identifier)
            others = {item["id"] for item in endpoint["deployedModels"]} - {identifier}
            split: dict[str, int] = {}
            if others:
                given = body.get("trafficSplit") or endpoint["trafficSplit"]
                if int(given.get(identifier, 0)):
                    raise precondition(
                        f"DeployedModel {identifier} still gets {given[identifier]} % of the "
                        "traffic: give it to the others first."
                    )
                given = {key: part for key, part in given.items() if key != identifier}
                split = _checked_split(given, others) if given else {}
            endpoint["deployedModels"] = [
                item for item in endpoint["deployedModels"] if item["id"] != identifier
            ]
            endpoint["_models"].pop(identifier, None)
            endpoint.update(trafficSplit=split, updateTime=now())
            self.save(endpoint)

        def work() -> Record:
            self._deployments.stop(endpoint["name"], identifier)
            return {}

        return self.operation(
            request,
            work,
            response="UndeployModelResponse",
            metadata="UndeployModelOperationMetadata",
            background=True,
            under=endpoint["name"],
        )

    def _mutate(self, request: Request) -> Record:
        body = with_names_of_enums(request.json())
        given = body.get("deployedModel", {})
        mask = [path.strip() for path in str(body.get("updateMask", "")).split(",") if path.strip()]
        with self.store.transaction():
            endpoint = self.find(request)
            deployed = self._deployed(endpoint, str(given.get("id", "")))
            resources = dict(deployed.get("dedicatedResources", {}))
            wanted = given.get("dedicatedResources", {})
            fields = [path.rsplit(".", 1)[-1] for path in mask] or list(wanted)
            for field in fields:
                name = camel(field)
                if name == "machineSpec":
                    continue
                if name in wanted:
                    resources[name] = wanted[name]
            deployed["dedicatedResources"] = resources
            _check_resources(deployed)
            endpoint["deployedModels"] = [
                deployed if item["id"] == deployed["id"] else item
                for item in endpoint["deployedModels"]
            ]
            endpoint["updateTime"] = now()
            self.save(endpoint)

        def work() -> Record:
            self._deployments.scale(endpoint["name"], deployed)
            return {"deployedModel": deployed}

        return self.operation(
            request,
            work,
            response="MutateDeployedModelResponse",
            metadata="MutateDeployedModelOperationMetadata",
            background=True,
            under=endpoint["name"],
        )


def _checked_split(split: Record, ids: set[str]) -> dict[str, int]:
    """A traffic split whose percentages add up and whose ids are deployed."""
    unknown = set(split) - ids
    if unknown:
        raise invalid(f"traffic_split names {sorted(unknown)}, which are not deployed.")
    parts = {name: int(part) for name, part in split.items()}
    if parts and sum(parts.values()) != 100:
        raise invalid(f"traffic_split must add up to 100, but is {sum(parts.values())}.")
    return parts


def _check_resources(deployed: Record) -> None:
    kinds = [
        kind
        for kind in ("dedicatedResources", "automaticResources", "sharedResources")
        if deployed.get(kind)
    ]
    if kinds != ["dedicatedResources"]:
        raise invalid(
            "'dedicated_resources' is required: the models that the sandbox serves support "
            "DEDICATED_RESOURCES only."
        )
    resources = deployed["dedicatedResources"]
    if not resources.get("machineSpec", {}).get("machineType"):
        raise invalid("dedicated_resources.machine_spec.machine_type is required but missing.")
    machines.check(resources["machineSpec"], serving=True)
    if int(resources.get("minReplicaCount", 0)) < 1:
        raise invalid("dedicated_resources.min_replica_count must be at least 1.")
    if maximum(deployed) < minimum(deployed):
        raise invalid("max_replica_count must not be less than min_replica_count.")
