"""``workspaces/codes/versions``: a client asks where its files go, uploads them, then says so."""

import contextlib
import datetime as dt
import uuid
from typing import ClassVar

from sandbox.azure.errors import bad_request
from sandbox.azure.ml.places import Places, workspace_of
from sandbox.azure.resource_type import Call
from sandbox.azure.types.machine_learning import WORKSPACES, AssetVersions
from sandbox.store import Record

ACCESS = dt.timedelta(hours=1)
_DIGEST = ("hash_sha256", "hash_version")


class CodeVersions(AssetVersions):
    """Versions of code; its files are in a container of the workspace's storage account."""

    type: ClassVar[str] = f"{WORKSPACES}/codes/versions"
    behaviour = "behaves"
    fixed = ("codeUri",)
    required = ("properties.codeUri",)
    actions = {"startPendingUpload": "start_pending_upload"}
    early_actions = frozenset({"list", "startPendingUpload"})

    def listing(self, call: Call, records: list[Record]) -> list[Record]:
        """A client that has code asks before it uploads: is its content there, by any name?"""
        digest = call.request.query.get("hash")
        if digest is None:
            return records
        workspace = str(workspace_of(self.context, str(call.id))["id"])
        wanted = [digest, call.request.query.get("hashVersion")]
        return [
            record
            for record in self.context.resources.of_type(self.type, workspace)
            if wanted == [str(record["properties"]["properties"].get(name)) for name in _DIGEST]
        ]

    def start_pending_upload(self, call: Call) -> Record:
        """A container for the files, and an address with the right to write into it."""
        from azure.core.exceptions import ResourceExistsError
        from azure.storage.blob import ContainerSasPermissions, generate_container_sas

        given = call.request.json()
        if given.get("pendingUploadType") not in (None, "TemporaryBlobReference"):
            raise bad_request("pendingUploadType must be TemporaryBlobReference.", "UserError")
        workspace = workspace_of(self.context, str(call.id))
        account = Places(self.context, workspace).account
        container = str(uuid.uuid5(uuid.NAMESPACE_URL, str(call.id).lower()))
        with self.context.blobs.client(account) as client, contextlib.suppress(ResourceExistsError):
            client.create_container(container)
        address = f"{self.context.blobs.endpoint(account)}{container}"
        right = generate_container_sas(
            account,
            container,
            account_key=self.context.blobs.signing_key(account),
            permission=ContainerSasPermissions(read=True, write=True, list=True, create=True),
            expiry=dt.datetime.now(dt.UTC) + ACCESS,
        )
        storage = workspace["properties"]["storageAccount"]
        return {
            "pendingUploadId": given.get("pendingUploadId") or str(uuid.uuid4()),
            "pendingUploadType": "TemporaryBlobReference",
            "blobReferenceForConsumption": {
                "blobUri": address,
                "storageAccountArmId": storage,
                "credential": {"credentialType": "SAS", "sasUri": f"{address}?{right}"},
            },
        }
