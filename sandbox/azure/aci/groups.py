"""``Microsoft.ContainerInstance/containerGroups``: real processes on an address of their own."""

import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

from sandbox.azure import paths
from sandbox.azure.aci import volumes
from sandbox.azure.aci.group_run import GroupRun, free_address, taken
from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError, bad_request, conflict, not_found
from sandbox.azure.identity import IDENTITIES
from sandbox.azure.images import runtime
from sandbox.azure.operations import Operation
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.errors import JobError
from sandbox.store import Record
from sandbox.wire import Request, Response

TYPE: Final = "Microsoft.ContainerInstance/containerGroups"
READY_SECONDS: Final = 300.0
_BASE: Final = f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{TYPE}/{{name}}"
_NAME: Final = r"(?!-)(?!.*--)[a-z0-9-]{1,63}(?<!-)"
# What a change of needs a new group; the service says so too.
_FIXED: Final = ("properties.osType", "properties.restartPolicy", "properties.subnetIds")
_SECRET: Final = tuple(
    f"properties.{kind}[].properties.environmentVariables[].secureValue"
    for kind in ("containers", "initContainers")
)


class ContainerGroups(ResourceType):
    """Groups. An update starts all containers anew, as the service does."""

    type: ClassVar[str] = TYPE
    behaviour = "behaves"
    tracked = True
    name = (_NAME, "1 to 63 lower-case letters, digits and single hyphens between them")
    long_running = frozenset({"PUT", "DELETE"})
    system_data = False
    required = ("properties.osType", "properties.containers", "properties.containers[].name")
    allowed: ClassVar[Mapping[str, frozenset[str]]] = {
        "properties.osType": frozenset({"Linux"}),
        "properties.restartPolicy": frozenset({"Always", "OnFailure", "Never"}),
        "properties.sku": frozenset({"Standard", "Dedicated", "Confidential"}),
        "properties.ipAddress.type": frozenset({"Public", "Private"}),
        "properties.ipAddress.ports[].protocol": frozenset({"TCP"}),
        "properties.containers[].properties.livenessProbe.httpGet.scheme": frozenset(
            {"http", "https"}
        ),
        "properties.containers[].properties.readinessProbe.httpGet.scheme": frozenset(
            {"http", "https"}
        ),
    }
    defaults: ClassVar[Mapping[str, Any]] = {
        "properties.restartPolicy": "Always",
        "properties.sku": "Standard",
        "properties.isCustomProvisioningTimeout": False,
    }
    immutable = _FIXED
    secret = (*_SECRET, "properties.volumes[].secret")
    actions: ClassVar[Mapping[str, str]] = {
        "start": "start",
        "stop": "stop",
        "restart": "restart",
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._running: dict[str, GroupRun] = {}
        self._lock = threading.Lock()
        context.route("GET", f"{_BASE}/containers/{{container}}/logs", self.logs)
        context.on_stop(self._stop_all)
        context.report(self._report)

    # Writing.

    def check(self, call: Call) -> None:
        properties = call.properties
        known = volumes.check(properties.get("volumes") or [])
        names: set[str] = set()
        first = properties.get("initContainers") or []
        for given in (*first, *properties["containers"]):
            name = str(given.get("name", ""))
            if not name or name in names:
                raise bad_request(
                    f"The container name '{name}' is empty or used twice.",
                    "InvalidContainerName",
                )
            names.add(name)
            self._check_container(given, known, initial=given in first)
        self._check_ports(properties)

    def _check_container(self, given: Mapping[str, Any], known: set[str], *, initial: bool) -> None:
        properties, name = given.get("properties") or {}, given["name"]
        try:
            runtime(properties.get("image"))
        except JobError as error:
            raise bad_request(
                f"The image '{properties.get('image')}' in container '{name}' is not accessible: "
                f"{error}.",
                "InaccessibleImage",
            ) from None
        requests = (properties.get("resources") or {}).get("requests") or {}
        if not initial and not (requests.get("cpu") and requests.get("memoryInGB")):
            raise bad_request(
                f"The resource requests (cpu, memoryInGB) of container '{name}' are required.",
                "ResourceRequestsNotSpecified",
            )
        for mount in properties.get("volumeMounts") or []:
            path = str(mount.get("mountPath", ""))
            if mount.get("name") not in known or not path.startswith("/") or ":" in path:
                raise bad_request(
                    f"The volume mount '{mount.get('name')}' at '{path}' of container '{name}' "
                    "names no volume of the group, or no absolute path.",
                    "InvalidVolumeMount",
                )

    def _check_ports(self, properties: Mapping[str, Any]) -> None:
        address = properties.get("ipAddress")
        opened = {int(item["port"]) for item in (address or {}).get("ports") or []}
        if address is not None and not opened:
            raise bad_request("The ports of the IP address are required.", "MissingIpAddressPorts")
        if properties.get("subnetIds") and (address or {}).get("type") == "Public":
            raise bad_request(
                "A group in a virtual network has no public IP address.",
                "PublicIPNotSupportedInVNet",
            )
        if (address or {}).get("type") == "Private" and not properties.get("subnetIds"):
            raise bad_request("A private IP address needs subnetIds.", "SubnetIdsRequired")

    def complete(self, call: Call) -> None:
        properties = call.properties
        address = properties.get("ipAddress")
        call.new["_stopped"] = False
        ports = _ports(properties)
        kept = (call.old or {}).get("_address")
        try:
            call.new["_address"] = kept or free_address(ports)
        except JobError as error:
            raise bad_request(f"{error}.", "InvalidPort") from None
        if address is not None:
            address["ip"] = call.new["_address"]
            # There is no DNS for it: what connects to the name must reach the address.
            if address.get("dnsNameLabel"):
                address["fqdn"] = call.new["_address"]
        if call.old is not None:
            # Secrets that an update does not repeat stay as they are.
            for path in ("volumes", "containers", "initContainers"):
                _keep_secrets(call.old["properties"].get(path), properties.get(path))
        call.new["_restart"] = call.old is None or _spec(call.old) != _spec(call.new)

    def settle(self, operation: Operation) -> None:
        record = operation.record
        if not record.get("_restart") and self._find(record) is not None:
            return
        self._begin(record)
        run = self._find(record)
        assert run is not None
        try:
            run.wait_ready(READY_SECONDS)
        except JobError as error:
            raise ApiError(409, "ContainerGroupNotReady", f"{error}.") from None

    # Reading.

    def shown(self, record: Record) -> Record:
        run = self._find(record)
        properties = record["properties"]
        state = "Stopped" if record.get("_stopped") else "Pending"
        view = {"events": [], "state": state} if run is None else run.view()
        properties["instanceView"] = view
        for kind in ("containers", "initContainers"):
            for item in properties.get(kind) or []:
                container = run.find(item["name"]) if run is not None else None
                if container is not None:
                    item["properties"]["instanceView"] = container.view()
        return record

    def logs(self, request: Request) -> Response:
        """What a container wrote, or the last ``tail`` lines of it."""
        self.context.authenticate(request)
        identifier = request.path.partition("/containers/")[0]
        run = self._find(self.context.resources.require(identifier))
        name = request.variables["container"]
        container = run.find(name) if run is not None else None
        if container is None:
            raise not_found(f"The container '{name}' was not found.", "ContainerNotFound")
        lines = list(container.lines)
        tail = request.query.get("tail", "")
        if tail.isdecimal():
            lines = lines[-int(tail) :] if int(tail) else []
        return Response.of_json({"content": "".join(f"{line}\n" for line in lines)})

    # Actions.

    def start(self, call: Call) -> Response:
        record = self._changed(call, stopped=False)
        if self._find(record) is None:
            self._begin(record)
        return Response(202)

    def stop(self, call: Call) -> Response:
        record = self._changed(call, stopped=True)
        self._end(record)
        return Response(204)

    def restart(self, call: Call) -> Response:
        record = self._changed(call, stopped=False)
        self._begin(record)
        return Response(204)

    def _changed(self, call: Call, *, stopped: bool) -> Record:
        if call.old is None:
            raise not_found(f"The container group '{call.id.name}' was not found.")
        if self.context.operations.is_busy(call.id):
            raise conflict(
                f"The container group '{call.id.name}' is still transitioning.",
                "ContainerGroupTransitioning",
            )
        with self.context.resources.change(call.id) as record:
            record["_stopped"] = stopped
        return record

    # Deleting, and the sandbox's own life.

    def erase(self, record: Record) -> None:
        self._end(record)
        shutil.rmtree(self._directory(record), ignore_errors=True)

    def restored(self, record: Record) -> None:
        if record.get("_stopped"):
            return
        if taken(record["_address"], _ports(record["properties"])):
            with self.context.resources.change(record["id"]) as changed:
                changed["_address"] = free_address(_ports(record["properties"]))
                for name in ("ip", "fqdn"):
                    if name in (changed["properties"].get("ipAddress") or {}):
                        changed["properties"]["ipAddress"][name] = changed["_address"]
            record = changed
        self._begin(record)

    def _directory(self, record: Record) -> Path:
        return self.context.state.endpoints / f"aci-{record['name']}-{record['_address']}"

    def _begin(self, record: Record) -> None:
        """Start a group's processes, after the end of those that run."""
        self._end(record)
        run = GroupRun(
            record["properties"],
            address=record["_address"],
            directory=self._directory(record),
            base=self.context.environment(client_id=self._client_id(record)),
        )
        with self._lock:
            if self.context.stopping.is_set():
                return
            self._running[record["id"].lower()] = run
        run.start()

    def _client_id(self, record: Record) -> str | None:
        """Of the user-assigned identity, where there is one."""
        identities = (record.get("identity") or {}).get("userAssignedIdentities") or {}
        for identifier in identities:
            found = self.context.resources.get(identifier)
            if found is not None and found["type"] == IDENTITIES:
                return str(found["properties"]["clientId"])
        return None

    def _find(self, record: Record) -> GroupRun | None:
        with self._lock:
            return self._running.get(record["id"].lower())

    def _end(self, record: Record) -> None:
        with self._lock:
            run = self._running.pop(record["id"].lower(), None)
        if run is not None:
            run.stop()

    def _stop_all(self) -> None:
        with self._lock:
            runs = list(self._running.values())
            self._running.clear()
        threads = [threading.Thread(target=run.stop) for run in runs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _report(self) -> list[str]:
        with self._lock:
            items = list(self._running.items())
        return [
            f"container group {key.rsplit('/', 1)[-1]}: {run.view()['state']}" for key, run in items
        ]


def _ports(properties: Mapping[str, Any]) -> list[int]:
    return [int(port) for port in paths.values(properties, "ipAddress.ports[].port")]


def _spec(record: Record) -> dict[str, Any]:
    """What a change of starts the containers anew: all but tags and what the service told."""
    told = ("provisioningState", "instanceView")
    spec = {key: value for key, value in record["properties"].items() if key not in told}
    return {**spec, "identity": record.get("identity")}


def _secrets(items: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Holders of secrets, by name of the item and of the secret."""
    for item in items or []:
        if "emptyDir" in item or "secret" in item:
            yield item["name"], "", item
        for variable in (item.get("properties") or {}).get("environmentVariables") or []:
            yield item["name"], variable["name"], variable


def _keep_secrets(old: Any, new: Any) -> None:
    known = {(name, inner): holder for name, inner, holder in _secrets(old)}
    for name, inner, holder in _secrets(new):
        before = known.get((name, inner), {})
        for field in ("secret", "secureValue"):
            if field in before and not any(
                key in holder for key in ("secret", "secureValue", "value", "emptyDir")
            ):
                holder[field] = before[field]
