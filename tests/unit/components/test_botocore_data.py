"""The data read here is what botocore itself reads."""

import subprocess
import sys

import pytest
from botocore.loaders import Loader

from components.aws.botocore_data import load


def test_the_data_is_botocores_own() -> None:
    assert load("partitions") == Loader().load_data("partitions")
    assert load("sagemaker/*/service-2") == Loader().load_service_model("sagemaker", "service-2")


def test_settings_are_checked_without_importing_botocore() -> None:
    program = (
        "import sys; from components.aws import instances, regions\n"
        "regions.check_region('eu-west-1'); instances.check_hosting_type('ml.m5.large')\n"
        "raise SystemExit('botocore' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="no-such"):
        load("no-such")
