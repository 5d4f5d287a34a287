"""Blobs through azure-storage-blob and DefaultAzureCredential, unmodified."""

import subprocess
import sys
from typing import Any

import httpx
import pytest

from tests.sandbox.azure.manager import VERSION, Manager, code, trust
from tests.sandbox.running import RunningSandbox, eventually


def _account(manager: Manager, name: str, **properties: Any) -> dict[str, Any]:
    place = f"{manager.group(name)}/Microsoft.Storage/storageAccounts/{name}"
    sku = {"name": "Standard_LRS"}
    return manager.put(
        place, location="westeurope", kind="StorageV2", sku=sku, properties=properties
    )


def test_the_identity_reads_and_writes(manager: Manager, azure_environment: dict[str, str]) -> None:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobServiceClient

    account = _account(manager, "blobsidentity", allowSharedKeyAccess=False)
    container = f"{account['id']}/blobServices/default/containers/raw"
    manager.put(container, properties={"publicAccess": "None"})
    url = account["properties"]["primaryEndpoints"]["blob"]
    with DefaultAzureCredential() as credential, BlobServiceClient(url, credential) as client:
        assert [item.name for item in client.list_containers()] == ["raw"]
        blob = client.get_blob_client("raw", "a/b.csv")
        blob.upload_blob(b"1,2", metadata={"k": "v"})
        assert blob.download_blob().readall() == b"1,2"
        assert blob.get_blob_properties().metadata == {"k": "v"}
        assert blob.url == f"{url}raw/a/b.csv"
    assert manager.send("DELETE", container).status_code == 200
    with DefaultAzureCredential() as credential, BlobServiceClient(url, credential) as client:
        assert list(client.list_containers()) == []


def test_a_container_keeps_the_encryption_scope_that_it_was_made_with(manager: Manager) -> None:
    account = _account(manager, "blobsscope")
    manager.put(
        f"{account['id']}/encryptionScopes/model",
        properties={"source": "Microsoft.Storage", "state": "Enabled"},
    )
    container = f"{account['id']}/blobServices/default/containers"
    scoped = {"defaultEncryptionScope": "model", "denyEncryptionScopeOverride": True}
    for properties in (scoped, {}):
        put = manager.put(f"{container}/scoped", properties=properties)
        assert scoped.items() <= put["properties"].items()
    plain = manager.put(f"{container}/plain", properties={})["properties"]
    assert plain["defaultEncryptionScope"] == "$account-encryption-key"
    assert plain["denyEncryptionScopeOverride"] is False


def test_keys_open_an_account_only_where_it_allows_them(
    manager: Manager, azure_environment: dict[str, str]
) -> None:
    from azure.core.exceptions import HttpResponseError
    from azure.storage.blob import BlobServiceClient

    account = _account(manager, "blobskeys", allowSharedKeyAccess=False)
    url = account["properties"]["primaryEndpoints"]["blob"]
    key = manager.send("POST", f"{account['id']}/listKeys").json()["keys"][0]["value"]
    with BlobServiceClient(url, key, retry_total=0) as client, pytest.raises(HttpResponseError):
        list(client.list_containers())
    manager.send("PATCH", account["id"], {"properties": {"allowSharedKeyAccess": True}})
    with BlobServiceClient(url, key, retry_total=0) as client:
        assert list(client.list_containers()) == []


def test_a_token_for_another_audience_does_not_open_it(manager: Manager) -> None:
    account = _account(manager, "blobsaudience")
    url = f"{account['properties']['primaryEndpoints']['blob']}?comp=list"
    verify = trust(manager.environment)

    def status(audience: str) -> int:
        token = manager.token(audience)
        headers = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-08-06"}
        return httpx.get(url, headers=headers, verify=verify).status_code

    assert status("https://storage.azure.com") == 200
    assert status("https://management.azure.com") in (401, 403)


def test_a_new_account_of_an_old_name_is_empty(
    manager: Manager, azure_environment: dict[str, str]
) -> None:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobServiceClient

    for _ in range(2):
        account = _account(manager, "blobsagain")
        url = account["properties"]["primaryEndpoints"]["blob"]
        with DefaultAzureCredential() as credential, BlobServiceClient(url, credential) as client:
            assert list(client.list_containers()) == []
            client.create_container("left")
        assert manager.send("DELETE", account["id"]).status_code == 200


def test_names_are_the_clouds_only_ones_and_public_access_needs_leave(manager: Manager) -> None:
    account = _account(manager, "blobsonly")
    elsewhere = f"{manager.group('blobs-elsewhere')}/Microsoft.Storage/storageAccounts/blobsonly"
    body = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_LRS"}}
    assert code(manager.send("PUT", elsewhere, body)) == (409, "StorageAccountAlreadyTaken")
    path = f"{account['id']}/blobServices/default/containers/open"
    public = manager.send("PUT", path, {"properties": {"publicAccess": "Blob"}})
    assert code(public) == (409, "PublicAccessNotPermitted")


def test_a_customers_key_wants_purge_protection(manager: Manager) -> None:
    place = manager.group("blobs-key")
    vault = {"tenantId": "t", "sku": {"name": "standard"}, "enableRbacAuthorization": True}
    path = f"{place}/Microsoft.KeyVault/vaults/blobs-key"
    manager.put(path, location="westeurope", properties=vault)
    manager.put(f"{path}/keys/k", properties={"kty": "RSA"})
    uri = "https://blobs-key.vault.azure.net/"
    wanted = {"keyname": "k", "keyvaulturi": uri}
    body = {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {
            "encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": wanted}
        },
    }
    account = f"{place}/Microsoft.Storage/storageAccounts/blobscustomer"
    assert code(manager.send("PUT", account, body))[0] == 400
    protected = {**vault, "enablePurgeProtection": True}
    manager.put(path, location="westeurope", properties=protected)
    assert manager.send("PUT", account, body).status_code == 201


PROGRAM = """
import sys
from azure.identity import DefaultAzureCredential
from azure.storage.blob import BlobServiceClient
client = BlobServiceClient(sys.argv[1], DefaultAzureCredential())
print(client.get_blob_client("kept", "blob").download_blob().readall().decode())
"""


def test_all_of_it_survives_a_restart(own_sandbox: RunningSandbox) -> None:
    own_sandbox.start()
    with Manager(own_sandbox.environment) as manager:
        account = _account(manager, "blobsrestart")
        path = f"{account['id']}/blobServices/default/containers/kept"
        manager.put(path, properties={})
        url = account["properties"]["primaryEndpoints"]["blob"]
        token = manager.token("https://storage.azure.com")
        headers = {
            "Authorization": f"Bearer {token}",
            "x-ms-version": "2021-08-06",
            "x-ms-blob-type": "BlockBlob",
        }
        verify = trust(own_sandbox.environment)
        sent = httpx.put(f"{url}kept/blob", content=b"here", headers=headers, verify=verify)
        assert sent.status_code == 201
        before = manager.send("GET", account["id"]).json()
    own_sandbox.stop()
    eventually(lambda: not own_sandbox.processes())
    own_sandbox.start()
    with Manager(own_sandbox.environment) as manager:
        assert manager.send("GET", account["id"], version=VERSION).json() == before
    environment = own_sandbox.environment
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM, url],
        env={"PATH": "", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.stdout.strip() == "here", said.stderr
