"""A workspace with what jobs and endpoints need, shared by the tests of a module."""

from collections.abc import Iterator

import pytest

from tests.sandbox.azure.cloud_world import GROUP, STORAGE, CloudWorld, cloud_world

VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/mlvault"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/team"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudWorld]:
    with cloud_world(tmp_path_factory.mktemp("ml") / "state") as world:
        world.storage()
        vault = {
            "tenantId": world.context.tokens.check(
                f"Bearer {world.token()}", ("https://management.azure.com",)
            ).tenant,
            "sku": {"family": "A", "name": "standard"},
            "enableRbacAuthorization": True,
        }
        body = {"location": "westeurope", "properties": vault}
        world.put(VAULT, body, version="2024-11-01")
        workspace = {
            "location": "westeurope",
            "identity": {"type": "SystemAssigned"},
            "properties": {"storageAccount": STORAGE, "keyVault": VAULT},
        }
        world.put(WORKSPACE, workspace)
        environment = f"{WORKSPACE}/environments/sklearn"
        world.put(environment, {"properties": {}})
        image = "mcr.microsoft.com/azureml/curated/mlflow-py312-inference:1"
        world.put(f"{environment}/versions/1", {"properties": {"image": image, "osType": "Linux"}})
        yield world


def code(cloud: CloudWorld, name: str, **files: str) -> str:
    """A version of code with these files; its id."""
    urls = [
        cloud.upload("code-files", f"{name}/{file}.py", text.encode())
        for file, text in files.items()
    ]
    folder = f"{urls[0].partition(f'/{name}/')[0]}/{name}"
    cloud.put(f"{WORKSPACE}/codes/{name}", {"properties": {}})
    version = f"{WORKSPACE}/codes/{name}/versions/1"
    cloud.put(version, {"properties": {"codeUri": folder}})
    return version
