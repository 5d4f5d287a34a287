"""Names that stay taken after a deletion, and how they come free."""

from typing import Any

import pytest

from components.azure.runs.cloud import forget_clients
from sandbox.azure.environment import TENANT
from tests.sandbox.azure.manager import SCOPE, Manager, code
from tools import purging

DELETED = f"{SCOPE}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults"


def _vault(*, protected: bool, **more: Any) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "softDeleteRetentionInDays": 7,
        **more,
    }
    if protected:
        properties["enablePurgeProtection"] = True
    return {"location": "westeurope", "properties": properties}


def test_a_deleted_vault_keeps_its_name_until_it_is_purged(manager: Manager) -> None:
    path = f"{manager.group('soft-vault')}/Microsoft.KeyVault/vaults/soft-vault"
    manager.put(path, **_vault(protected=False))
    key = manager.put(f"{path}/keys/k", properties={"kty": "RSA", "keySize": 2048})
    assert key["properties"]["keyUriWithVersion"].startswith("https://soft-vault.vault.azure.net/")
    assert manager.send("DELETE", path).status_code == 200
    assert code(manager.send("PUT", path, _vault(protected=False))) == (409, "ConflictError")
    assert manager.send("GET", f"{DELETED}/soft-vault").json()["properties"]["vaultId"]
    assert manager.send("POST", f"{DELETED}/soft-vault/purge").status_code == 200
    assert code(manager.send("GET", f"{DELETED}/soft-vault")) == (404, "DeletedVaultNotFound")
    manager.put(path, **_vault(protected=False))
    assert manager.send("GET", f"{path}/keys").json()["value"] == []
    manager.put(f"{path}/keys/k", properties={"kty": "RSA"})


def test_a_recovered_vault_has_its_keys(manager: Manager) -> None:
    path = f"{manager.group('soft-recover')}/Microsoft.KeyVault/vaults/soft-recover"
    manager.put(path, **_vault(protected=True))
    made = manager.put(f"{path}/keys/k", properties={"kty": "RSA"})
    manager.send("DELETE", path)
    purge = manager.send("POST", f"{DELETED}/soft-recover/purge")
    assert code(purge) == (400, "MethodNotAllowed")
    recovered = manager.send("PUT", path, _vault(protected=True, createMode="recover"))
    assert recovered.status_code == 201
    assert manager.send("GET", f"{path}/keys/k").json()["properties"] == made["properties"]


def test_purge_protection_is_for_good(manager: Manager) -> None:
    path = f"{manager.group('soft-protect')}/Microsoft.KeyVault/vaults/soft-protect"
    off = manager.send("PUT", path, _vault(protected=False, enablePurgeProtection=False))
    assert code(off) == (400, "BadRequest")
    manager.put(path, **_vault(protected=True))
    manager.put(path, **_vault(protected=False))
    kept = manager.send("GET", path).json()["properties"]
    assert kept["enablePurgeProtection"] is True


def test_a_deleted_key_keeps_its_name(manager: Manager) -> None:
    path = f"{manager.group('soft-key')}/Microsoft.KeyVault/vaults/soft-key"
    manager.put(path, **_vault(protected=True))
    manager.put(f"{path}/keys/k", properties={"kty": "RSA"})
    manager.send("DELETE", f"{path}/keys/k")
    again = manager.send("PUT", f"{path}/keys/k", {"properties": {"kty": "RSA"}})
    assert code(again) == (409, "ObjectIsDeletedButRecoverable")


@pytest.mark.parametrize("purged", ["never", "at once", "later"])
def test_a_deleted_workspace_keeps_its_name_unless_it_is_purged(
    manager: Manager, monkeypatch: pytest.MonkeyPatch, purged: str
) -> None:
    name = f"soft-workspace-{purged[:2]}"
    place = manager.group(name)
    account = f"softworkspace{purged[:2]}"
    manager.put(
        f"{place}/Microsoft.Storage/storageAccounts/{account}",
        location="westeurope",
        kind="StorageV2",
        sku={"name": "Standard_LRS"},
    )
    vault = manager.put(
        f"{place}/Microsoft.KeyVault/vaults/soft-ws-{purged[:2]}", **_vault(protected=False)
    )
    body = {
        "location": "westeurope",
        "identity": {"type": "SystemAssigned"},
        "properties": {
            "storageAccount": f"{place}/Microsoft.Storage/storageAccounts/{account}",
            "keyVault": vault["id"],
        },
    }
    path = f"{place}/Microsoft.MachineLearningServices/workspaces/{name}"
    made = manager.put(path, **body)
    assert made["identity"]["principalId"]
    stores = manager.send("GET", f"{path}/datastores").json()["value"]
    assert {item["name"] for item in stores} >= {"workspaceblobstore", "workspaceartifactstore"}
    query = {"forceToPurge": "true"} if purged == "at once" else {}
    manager.done(manager.send("DELETE", path, **query))
    if purged != "at once":
        assert code(manager.send("PUT", path, body)) == (409, "SoftDeletedWorkspaceExists")
    if purged == "later":
        for variable, value in manager.environment.items():
            monkeypatch.setenv(variable, value)
        state = {"deployment": {"resources": [{"type": purging.WORKSPACE, "id": path}]}}
        forget_clients()
        assert purging.purge(state) == {path}
        forget_clients()
    if purged != "never":
        assert manager.send("PUT", path, body).status_code == 201
