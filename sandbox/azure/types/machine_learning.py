"""``Microsoft.MachineLearningServices``: workspaces, and what of them is kept as data.

Jobs and online endpoints, which run, are in ``sandbox.azure.ml``.
"""

import contextlib
import uuid
from typing import Any

from sandbox.azure import paths
from sandbox.azure.context import Context, now
from sandbox.azure.errors import ApiError, bad_request, conflict, not_found
from sandbox.azure.ml_quotas import Quotas
from sandbox.azure.operations import Operation
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.soft_deleted import SoftDeleted
from sandbox.store import Record

WORKSPACES = "Microsoft.MachineLearningServices/workspaces"
# A workspace's name stays taken for so long after its deletion.
RETENTION_DAYS = 14
_NAME = (
    r"[a-zA-Z0-9][\w.-]{0,254}",
    "1 to 255 letters, digits, _ - and full stops, a letter or digit first",
)


class Workspaces(ResourceType):
    """Workspaces; a deleted one keeps its name until it is purged or 14 days have passed."""

    type = WORKSPACES
    behaviour = "behaves"
    tracked = True
    name = (
        r"[a-zA-Z0-9][\w-]{2,32}",
        "3 to 33 letters, digits, _ and -, a letter or digit first",
    )
    long_running = frozenset({"PUT", "PATCH", "DELETE"})
    required = ("identity.type",)
    allowed = {
        "kind": frozenset({"Default", "FeatureStore", "Hub", "Project"}),
        "properties.publicNetworkAccess": frozenset({"Enabled", "Disabled"}),
        "properties.managedNetwork.isolationMode": frozenset(
            {"AllowInternetOutbound", "AllowOnlyApprovedOutbound", "Disabled"}
        ),
        "properties.systemDatastoresAuthMode": frozenset(
            {"AccessKey", "Identity", "UserDelegationSAS"}
        ),
        "properties.encryption.status": frozenset({"Enabled", "Disabled"}),
    }
    defaults = {
        "kind": "Default",
        "sku": {"name": "Basic", "tier": "Basic"},
        "properties.allowRoleAssignmentOnRG": True,
        "properties.hbiWorkspace": False,
        "properties.publicNetworkAccess": "Enabled",
        "properties.systemDatastoresAuthMode": "AccessKey",
        "properties.v1LegacyMode": False,
    }
    generated = {
        "properties.creationTime": lambda _: now(),
        "properties.workspaceId": lambda _: str(uuid.uuid4()),
    }
    immutable = (
        "properties.encryption.status",
        "properties.hbiWorkspace",
        "properties.keyVault",
        "properties.storageAccount",
    )
    actions = {
        "diagnose": "diagnose",
        "listKeys": "list_keys",
        "listNotebookKeys": "list_notebook_keys",
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.deleted = SoftDeleted(context, "deleted workspaces")

    def check(self, call: Call) -> None:
        if (call.new.get("identity") or {}).get("type") == "None":
            raise bad_request("A workspace needs an identity.", "ValidationError")
        wanted = {
            "storageAccount": "Microsoft.Storage/storageAccounts",
            "keyVault": "Microsoft.KeyVault/vaults",
            "applicationInsights": "Microsoft.Insights/components",
            "containerRegistry": "Microsoft.ContainerRegistry/registries",
        }
        needed = ("storageAccount", "keyVault") if call.new["kind"] == "Default" else ()
        for name, kind in wanted.items():
            reference = call.properties.get(name)
            found = self.context.resources.get(str(reference)) if reference else None
            if reference is None and name not in needed:
                continue
            if found is None or str(found["type"]).lower() != kind.lower():
                raise bad_request(
                    f"The {name} of the workspace, '{reference}', does not exist or is none.",
                    "ValidationError",
                )
        given = paths.value(call.new, "properties.primaryUserAssignedIdentity")
        own = (call.new.get("identity") or {}).get("userAssignedIdentities") or {}
        if given is not None and str(given).lower() not in {name.lower() for name in own}:
            raise bad_request(
                "The primary user-assigned identity must be one of the workspace's identities.",
                "ValidationError",
            )
        gone = self.deleted.find(call.id.key)
        if call.old is None and gone is not None:
            if paths.value(call.new, "properties.softDeleteEnabled") is not None:
                raise bad_request("softDeleteEnabled cannot be set.", "ValidationError")
            raise conflict(
                f"Soft-deleted workspace exists: a workspace with the name '{call.id.name}' was "
                "deleted and can be recovered for 14 days. Please purge or recover it.",
                "SoftDeletedWorkspaceExists",
            )

    def complete(self, call: Call) -> None:
        place, facts = call.new["location"], call.properties
        facts["discoveryUrl"] = f"{self.context.url}/discovery"
        facts["mlFlowTrackingUri"] = f"azureml://{self.context.address}/mlflow/v1.0{call.new['id']}"
        facts["tenantId"] = call.caller.tenant
        facts.setdefault("friendlyName", call.id.name)
        facts.setdefault("privateEndpointConnections", [])
        facts.setdefault(
            "notebookInfo",
            {
                "fqdn": f"ml-{call.id.name}-{place}.{place}.notebooks.azure.net",
                "isPrivateLinkEnabled": facts["publicNetworkAccess"] == "Disabled",
                "resourceId": uuid.uuid4().hex,
            },
        )
        facts["privateLinkCount"] = 0
        facts["serviceProvisionedResourceGroup"] = None
        network = facts.setdefault("managedNetwork", {"isolationMode": "Disabled"})
        network.setdefault("networkId", str(uuid.uuid4()))

    def stored(self, call: Call) -> None:
        """The two data stores that every workspace has from the start."""
        account = str(call.properties.get("storageAccount", "")).rsplit("/", maxsplit=1)[-1]
        by_key = call.properties["systemDatastoresAuthMode"] == "AccessKey"
        for name, container in (
            ("workspaceblobstore", f"azureml-blobstore-{call.properties['workspaceId']}"),
            ("workspaceartifactstore", "azureml"),
        ):
            store = f"{call.new['id']}/datastores/{name}"
            if self.context.resources.get(store) is None:
                self.context.resources.put(
                    {
                        "id": store,
                        "name": name,
                        "type": Datastores.type,
                        "systemData": call.new["systemData"],
                        "properties": {
                            "accountName": account,
                            "containerName": container,
                            "credentials": {"credentialsType": "AccountKey" if by_key else "None"},
                            "datastoreType": "AzureBlob",
                            "endpoint": "core.windows.net",
                            "isDefault": name == "workspaceblobstore",
                            "protocol": "https",
                            "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity",
                        },
                    }
                )

    def settle(self, operation: Operation) -> None:
        """The data stores' containers, which are not deleted with the workspace."""
        from azure.core.exceptions import ResourceExistsError

        for store in self.context.resources.children(operation.resource, "datastores"):
            facts = store["properties"]
            own = facts.get("serviceDataAccessAuthIdentity") == "WorkspaceSystemAssignedIdentity"
            if own and facts["accountName"]:
                blobs = self.context.blobs.client(facts["accountName"])
                with blobs, contextlib.suppress(ResourceExistsError):
                    blobs.create_container(facts["containerName"])

    def departing(self, record: Record) -> None:
        purge = str(record.get("_purge")) == "True"
        if not purge:
            kept = {**record, "name": str(record["id"]).lower()}
            self.deleted.keep(kept, [], days=RETENTION_DAYS)

    def absent(self, call: Call) -> None:
        gone = self.deleted.find(call.id.key)
        if gone is not None and _purges(call):
            self.deleted.purge(gone)

    def check_deletion(self, call: Call) -> None:
        if _purges(call):
            with self.context.resources.change(call.id) as record:
                record["_purge"] = True

    def diagnose(self, _: Call) -> Record:
        return {"value": {}}

    def list_keys(self, call: Call) -> Record:
        assert call.old is not None
        return {"userStorageResourceId": call.old["properties"].get("storageAccount")}

    def list_notebook_keys(self, _: Call) -> Record:
        return {"primaryAccessKey": None, "secondaryAccessKey": None}


def _purges(call: Call) -> bool:
    return call.request.query.get("forceToPurge", "").lower() == "true"


class _Part(ResourceType):
    """What is in a workspace and asynchronous only where it says so."""

    name = _NAME
    patchable = False
    provisions = False


class Computes(_Part):
    """Clusters, which have no machines: jobs run on this one."""

    type = f"{WORKSPACES}/computes"
    name = (
        r"[a-zA-Z][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]",
        "2 to 32 letters, digits and dashes, a letter first and no dash last",
    )
    provisions = True
    patchable = True
    long_running = frozenset({"PUT", "PATCH", "DELETE"})
    required = ("properties.computeType",)
    defaults = {"properties.disableLocalAuth": False}
    immutable = (
        "properties.computeType",
        "properties.properties.subnet.id",
        "properties.properties.vmPriority",
        "properties.properties.vmSize",
    )
    generated = {"properties.createdOn": lambda _: now()}

    def check(self, call: Call) -> None:
        if call.properties["computeType"] != "AmlCompute":
            return
        facts = call.properties.setdefault("properties", {})
        if not facts.get("vmSize"):
            raise bad_request("AmlCompute needs a vmSize.", "BadArgument")
        scale = facts.setdefault("scaleSettings", {"maxNodeCount": 1, "minNodeCount": 0})
        scale.setdefault("minNodeCount", 0)
        scale.setdefault("nodeIdleTimeBeforeScaleDown", "PT2M")
        if not 0 <= scale["minNodeCount"] <= scale.get("maxNodeCount", 0):
            raise bad_request("minNodeCount must not be more than maxNodeCount.", "BadArgument")
        facts.setdefault("vmPriority", "Dedicated")
        facts.setdefault("osType", "Linux")
        Quotas(self.context).refuse_cluster(call.id, facts)

    def complete(self, call: Call) -> None:
        call.properties["modifiedOn"] = now()
        call.properties["isAttachedCompute"] = False
        parent = call.id.parent
        assert parent is not None
        workspace = self.context.resources.require(parent)
        call.properties["computeLocation"] = workspace["location"]
        call.new.setdefault("location", workspace["location"])
        if call.properties["computeType"] == "AmlCompute":
            counts = ("idle", "leaving", "preempted", "preparing", "running", "unusable")
            call.properties["properties"].update(
                allocationState="Steady",
                allocationStateTransitionTime=now(),
                currentNodeCount=0,
                targetNodeCount=0,
                errors=None,
                nodeStateCounts={f"{name}NodeCount": 0 for name in counts},
            )

    def check_deletion(self, call: Call) -> None:
        action = call.request.query.get("underlyingResourceAction")
        if action not in ("Delete", "Detach"):
            raise bad_request(
                "The parameter 'underlyingResourceAction' must be Delete or Detach.",
                "InvalidRequestContent",
            )


class Datastores(_Part):
    """Names for containers of storage accounts."""

    type = f"{WORKSPACES}/datastores"
    required = ("properties.datastoreType", "properties.credentials.credentialsType")
    secret = ("properties.credentials.secrets",)
    defaults = {"properties.isDefault": False, "properties.serviceDataAccessAuthIdentity": "None"}
    actions = {"listSecrets": "list_secrets"}  # pragma: allowlist secret

    def list_secrets(self, call: Call) -> Any:
        assert call.old is not None
        secrets = paths.value(call.old, "properties.credentials.secrets")
        if secrets is None:
            secrets = self._of_account(call.old["properties"])
        if secrets is None:
            raise not_found("The data store has no secrets.", "UserError")
        return secrets

    def _of_account(self, properties: Record) -> Record | None:
        """The key that a workspace's own data store opens its account with."""
        if properties["credentials"]["credentialsType"] != "AccountKey":
            return None
        for record in self.context.resources.of_type("Microsoft.Storage/storageAccounts"):
            if record["name"] == properties["accountName"]:
                return {"secretsType": "AccountKey", "key": record["_keys"]["key1"]}
        return None


class _Container(_Part):
    """A name with versions below it."""

    def complete(self, call: Call) -> None:
        call.properties.setdefault("isArchived", False)

    def shown(self, record: Record) -> Record:
        versions = self.context.resources.children(record["id"], "versions")
        names = [item["name"] for item in sorted(versions, key=lambda item: item["_number"])]
        record["properties"]["latestVersion"] = names[-1] if names else None
        following = int(names[-1]) + 1 if names and names[-1].isdigit() else 1
        record["properties"]["nextVersion"] = (
            str(following) if not names or (names[-1].isdigit()) else None
        )
        return record


class AssetVersions(_Part):
    """A version, which is for good: only tags and descriptions change."""

    makes_parent = True
    fixed: tuple[str, ...] = ()
    maps: tuple[str, ...] = ()

    def check(self, call: Call) -> None:
        for name in self.fixed:
            before = (call.old or {}).get("properties", {})
            if call.old is not None and before.get(name) != call.properties.get(name):
                raise ApiError(
                    409,
                    "UserError",
                    f"A version '{call.id.name}' of '{call.id.names[-2]}' with another {name} "
                    "exists already: versions cannot be changed.",
                )

    def complete(self, call: Call) -> None:
        call.properties.setdefault("isAnonymous", False)
        call.properties.setdefault("isArchived", False)
        # Clients count on maps that are empty and there.
        for name in ("properties", "tags", *self.maps):
            if call.properties.get(name) is None:
                call.properties[name] = {}
        parent = call.id.parent
        assert parent is not None
        siblings = self.context.resources.children(parent, "versions")
        last = max((item["_number"] for item in siblings), default=0)
        call.new["_number"] = (call.old or {}).get("_number", last + 1)


def _assets(kind: str, about: str, *, fixed: tuple[str, ...], required: tuple[str, ...]) -> Any:
    """The two types of one kind of asset: its names and its versions."""
    container = type(
        f"{kind.capitalize()}Containers",
        (_Container,),
        {"__doc__": f"Names of {about}.", "type": f"{WORKSPACES}/{kind}"},
    )
    version = type(
        f"{kind.capitalize()}Versions",
        (AssetVersions,),
        {
            "__doc__": f"Versions of {about}.",
            "type": f"{WORKSPACES}/{kind}/versions",
            "fixed": fixed,
            "maps": ("flavors",) if kind == "models" else (),
            "required": tuple(f"properties.{name}" for name in required),
        },
    )
    return container, version


_ASSETS = (
    *_assets("codes", "code", fixed=("codeUri",), required=("codeUri",)),
    *_assets("components", "components", fixed=("componentSpec",), required=("componentSpec",)),
    *_assets("data", "data", fixed=("dataUri", "dataType"), required=("dataUri", "dataType")),
    *_assets("environments", "environments", fixed=("image", "build", "condaFile"), required=()),
    *_assets("models", "models", fixed=("modelUri",), required=("modelUri",)),
)


class Schedules(_Part):
    """When to start a job; none is started."""

    type = f"{WORKSPACES}/schedules"
    provisions = True
    long_running = frozenset({"PUT", "DELETE"})
    required = ("properties.trigger.triggerType", "properties.action.actionType")
    defaults = {"properties.isEnabled": True}


TYPES = (Workspaces, Computes, Datastores, *_ASSETS, Schedules)
