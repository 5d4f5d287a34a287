"""What all tests share."""

import os

import pytest

CLOUD_VARIABLES = ("AWS_", "AZURE_", "ARM_", "GOOGLE_", "CLOUDSDK_", "PULUMI_", "TRIMARAN_", "SM_")


@pytest.fixture(autouse=True)
def no_real_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody's credentials, profiles or logins reach a test.

    A test that forgets to name its sandbox then fails for want of credentials instead of
    acting on a real account.
    """
    for name in os.environ:
        if name.startswith(CLOUD_VARIABLES):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
