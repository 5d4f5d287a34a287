"""Keys at the sandbox's three key services, made by plain means, and the command."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.sandbox.azure.manager import Manager
from tests.sandbox.running import ROOT, RunningSandbox

LOCATION = "projects/trimaran-local/locations/us-central1"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def encryption_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """A sandbox for these tests."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SANDBOX_")]:
            patch.delenv(name)
        patch.setenv("SANDBOX_PLUGINS", "off")
        running = RunningSandbox(tmp_path_factory.mktemp("encryption") / "state")
        running.start()
        try:
            yield running
        finally:
            running.stop()
    left = running.processes()
    assert not left, f"the sandbox left processes behind: {left}"


@pytest.fixture(scope="session")
def keys(encryption_sandbox: RunningSandbox) -> dict[str, tuple[str, str]]:
    """Two keys of each cloud."""
    kms = encryption_sandbox.client("kms")
    aws = [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]
    ring = f"{LOCATION}/keyRings/sealing"
    with httpx.Client(base_url=encryption_sandbox.environment["GOOGLE_CLOUD_ENDPOINT_URL"]) as http:
        http.post(f"/v1/{LOCATION}/keyRings?keyRingId=sealing", json={}).raise_for_status()
        for name in ("one", "two"):
            place = f"/v1/{ring}/cryptoKeys?cryptoKeyId={name}"
            http.post(place, json={"purpose": "ENCRYPT_DECRYPT"}).raise_for_status()
    with Manager(encryption_sandbox.environment) as manager:
        vault = f"{manager.group('sealing')}/Microsoft.KeyVault/vaults/sealing-vault"
        properties: dict[str, Any] = {
            "tenantId": encryption_sandbox.environment["ARM_TENANT_ID"],
            "sku": {"name": "standard", "family": "A"},
        }
        manager.put(vault, location="westeurope", properties=properties)
        for name in ("one", "two"):
            manager.put(f"{vault}/keys/{name}", properties={"kty": "RSA", "keySize": 2048})
    base = "https://sealing-vault.vault.azure.net/keys"
    return {
        "aws": (aws[0], aws[1]),
        "gcp": (f"{ring}/cryptoKeys/one", f"{ring}/cryptoKeys/two"),
        "azure": (f"{base}/one", f"{base}/two"),
    }


@pytest.fixture
def run(encryption_sandbox: RunningSandbox) -> Run:
    """The command, as people start it, with the sandbox's environment."""
    environment = {**os.environ, **encryption_sandbox.environment}

    def command(*arguments: str | Path, status: int = 0, **options: Any) -> Any:
        ended = subprocess.run(
            [sys.executable, "-m", "model_code.encryption", *map(str, arguments)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
            **options,
        )
        assert ended.returncode == status, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stderr, ended.stderr
        return ended

    return command
