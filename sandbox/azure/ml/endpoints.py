"""``workspaces/onlineEndpoints`` and their deployments: they really answer at their scoring URI."""

import secrets
import threading
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError, bad_request, conflict
from sandbox.azure.images import runtime
from sandbox.azure.ml.command_run import environment_image
from sandbox.azure.ml.deployment import Served, capacity, limits, serve, start_seconds
from sandbox.azure.ml.places import Places, workspace_of
from sandbox.azure.ml_quotas import Quotas
from sandbox.azure.operations import Operation
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.types.machine_learning import WORKSPACES
from sandbox.errors import JobError
from sandbox.store import Record

TYPE: Final = f"{WORKSPACES}/onlineEndpoints"
DEPLOYMENTS: Final = f"{TYPE}/deployments"
# For tokens of endpoints with authMode AADToken or AMLToken.
AUDIENCE: Final = "https://ml.azure.com"


def new_key() -> str:
    """A key as the service makes them."""
    return secrets.token_urlsafe(48)


class OnlineEndpoints(ResourceType):
    """Endpoints: keys, tokens and the split of their traffic."""

    type: ClassVar[str] = TYPE
    behaviour = "behaves"
    tracked = True
    name = (
        r"[a-zA-Z][a-zA-Z0-9-]{1,30}[a-zA-Z0-9]",
        "3 to 32 letters, digits and -, a letter first and no - last",
    )
    long_running = frozenset({"PUT", "PATCH", "DELETE"})
    required = ("properties.authMode",)
    allowed: ClassVar[Mapping[str, frozenset[str]]] = {
        "properties.authMode": frozenset({"Key", "AMLToken", "AADToken"}),
        "properties.publicNetworkAccess": frozenset({"Enabled", "Disabled"}),
    }
    defaults: ClassVar[Mapping[str, Any]] = {
        "properties.publicNetworkAccess": "Enabled",
        "properties.traffic": {},
        "properties.mirrorTraffic": {},
    }
    generated: ClassVar[Mapping[str, Any]] = {"_guid": lambda _: str(uuid.uuid4())}
    immutable = ("properties.authMode",)
    secret = ("properties.keys",)
    actions: ClassVar[Mapping[str, str]] = {
        "listKeys": "list_keys",
        "regenerateKeys": "regenerate_keys",
        "token": "token",
    }

    def check(self, call: Call) -> None:
        traffic = call.properties.get("traffic") or {}
        if not all(isinstance(part, int) and 0 <= part <= 100 for part in traffic.values()):
            raise bad_request("Traffic percentages must be whole numbers, 0 to 100.", "BadArgument")
        if sum(traffic.values()) not in (0, 100):
            raise bad_request(
                f"The sum of traffic must be either 0 or 100, not {sum(traffic.values())}.",
                "BadArgument",
            )
        for name in traffic:
            found = self.context.resources.get(call.id.child("deployments", name))
            if found is None:
                raise bad_request(
                    f"The traffic names deployment '{name}', which does not exist.", "BadArgument"
                )

    def complete(self, call: Call) -> None:
        base = f"{self.context.url}/inference/{call.new['_guid']}"
        call.properties["scoringUri"] = f"{base}/score"
        call.properties["swaggerUri"] = f"{base}/swagger.json"
        given = call.properties.pop("keys", None) or {}
        kept = (call.old or {}).get("_keys") or {
            "primaryKey": given.get("primaryKey") or new_key(),
            "secondaryKey": given.get("secondaryKey") or new_key(),
        }
        call.new["_keys"] = kept

    def list_keys(self, call: Call) -> Record:
        assert call.old is not None
        if call.old["properties"]["authMode"] != "Key":
            raise bad_request("The endpoint has no keys: its authMode is another.", "BadArgument")
        keys: Record = call.old["_keys"]
        return keys

    def regenerate_keys(self, call: Call) -> None:
        self.list_keys(call)
        body = call.request.json()
        kind = str(body.get("keyType"))
        if kind not in ("Primary", "Secondary"):
            raise bad_request("keyType must be Primary or Secondary.", "BadArgument")
        with self.context.resources.change(call.id) as record:
            record["_keys"][f"{kind.lower()}Key"] = body.get("keyValue") or new_key()

    def token(self, call: Call) -> Record:
        """A token for the endpoint, for those that take tokens."""
        assert call.old is not None
        if call.old["properties"]["authMode"] == "Key":
            raise bad_request("The endpoint takes keys, not tokens.", "BadArgument")
        return {
            "accessToken": self.context.tokens.give(AUDIENCE),
            "tokenType": "Bearer",
            "expiryTimeUtc": 0,
            "refreshAfterTimeUtc": 0,
        }


class OnlineDeployments(ResourceType):
    """Deployments: processes that answer."""

    type: ClassVar[str] = DEPLOYMENTS
    behaviour = "behaves"
    tracked = True
    name = OnlineEndpoints.name
    long_running = frozenset({"PUT", "PATCH", "DELETE"})
    required = ("properties.endpointComputeType",)
    allowed: ClassVar[Mapping[str, frozenset[str]]] = {
        "properties.endpointComputeType": frozenset({"Managed"}),
        "properties.egressPublicNetworkAccess": frozenset({"Enabled", "Disabled"}),
    }
    defaults: ClassVar[Mapping[str, Any]] = {
        "sku": {"name": "Default", "tier": "Standard", "capacity": 1},
        "properties.instanceType": "Standard_DS3_v2",
        "properties.egressPublicNetworkAccess": "Enabled",
        "properties.scaleSettings": {"scaleType": "Default"},
    }
    actions: ClassVar[Mapping[str, str]] = {"getLogs": "get_logs"}

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._serving: dict[str, Served] = {}
        self._lock = threading.Lock()
        self._number = 0
        context.on_stop(self._stop_all)
        context.report(self._report)

    def find(self, identifier: str) -> Served | None:
        """What serves for a deployment's id."""
        with self._lock:
            return self._serving.get(identifier.lower())

    def check(self, call: Call) -> None:
        properties = call.properties
        count = (call.new.get("sku") or {}).get("capacity", 1)
        if not isinstance(count, int) or not 1 <= count <= 20:
            raise bad_request("sku.capacity must be from 1 to 20.", "BadArgument")
        workspace = workspace_of(self.context, str(call.id))
        places = Places(self.context, workspace)
        try:
            runtime(environment_image(self.context, str(properties.get("environmentId") or "")))
            for value, kind in (
                (properties.get("model"), "models"),
                ((properties.get("codeConfiguration") or {}).get("codeId"), "codes"),
            ):
                if value:
                    places.asset_uri(str(value), kind)
            limits(properties)
            start_seconds(properties)
        except (JobError, ValueError) as error:
            raise bad_request(f"{error}.", "BadArgument") from None
        Quotas(self.context).refuse_deployment(
            str(call.id), str(properties["instanceType"]), count, str(workspace["location"])
        )

    def settle(self, operation: Operation) -> None:
        self._follow(operation.record)

    def _follow(self, record: Record) -> None:
        """Have what serves be as the record says: new processes first, then the old ones end."""
        key = record["id"].lower()
        wanted = _content(record)
        served = self.find(key)
        try:
            if served is not None and record.get("_serving") == wanted:
                served.scale(capacity(record))
                return
            new = serve(self.context, record, self._directory(record))
        except JobError as error:
            raise ApiError(
                400,
                "ResourceNotReady",
                f"User container has crashed or terminated, or it does not start: {error}.",
            ) from None
        with self._lock:
            stopping = self.context.stopping.is_set()
            if not stopping:
                self._serving[key] = new
        if stopping:
            new.close()
            return
        with self.context.resources.change(record["id"]) as changed:
            changed["_serving"] = wanted
        if served is not None:
            served.close()

    def _directory(self, record: Record) -> Path:
        endpoint = self.context.resources.require(record["id"].rpartition("/deployments/")[0])
        with self._lock:
            self._number += 1
            number = self._number
        name = f"azureml-{endpoint['name']}-{endpoint['_guid'][:8]}"
        return self.context.state.endpoints / name / f"{record['name']}-{number}"

    def get_logs(self, call: Call) -> Record:
        """The last lines of the server's log."""
        served = self.find(str(call.id))
        body = call.request.json()
        if served is None or body.get("containerType") == "StorageInitializer":
            return {"content": ""}
        lines = list(served.lines)[-int(body.get("tail") or 2000) :]
        return {"content": "".join(f"{line}\n" for line in lines)}

    def check_deletion(self, call: Call) -> None:
        parent = call.id.parent
        assert parent is not None
        endpoint = self.context.resources.get(parent)
        traffic = (endpoint or {}).get("properties", {}).get("traffic") or {}
        if traffic.get(call.id.name):
            raise conflict(
                f"Deployment '{call.id.name}' gets {traffic[call.id.name]}% of the traffic: take "
                "it away before the deployment is deleted.",
                "BadArgument",
            )

    def erase(self, record: Record) -> None:
        with self._lock:
            served = self._serving.pop(record["id"].lower(), None)
        if served is not None:
            served.close()

    def restored(self, record: Record) -> None:
        if record["properties"].get("provisioningState") == "Succeeded":
            threading.Thread(target=self._restore, args=(record,), daemon=True).start()

    def _restore(self, record: Record) -> None:
        try:
            self._follow(record)
        except ApiError as error:
            with self.context.resources.change(record["id"]) as changed:
                changed["properties"]["provisioningState"] = "Failed"
                changed["_error"] = error.error()

    def _stop_all(self) -> None:
        with self._lock:
            served = list(self._serving.values())
            self._serving.clear()
        threads = [threading.Thread(target=item.close) for item in served]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _report(self) -> list[str]:
        with self._lock:
            items = list(self._serving.items())
        return [
            f"online deployment {'/'.join(key.split('/')[-3::2])}: "
            f"{served.replicas.count} instance(s)"
            for key, served in items
        ]


def _content(record: Record) -> dict[str, Any]:
    """What a change of makes new processes: all but the number of them and labels."""
    told = ("provisioningState", "description", "scaleSettings", "properties")
    return {key: value for key, value in record["properties"].items() if key not in told}
