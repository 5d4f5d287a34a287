"""The functions (Invokes) of the provider, one file each."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.functions.get_client_config import get_client_config
from sandbox.gcp.plugin.functions.get_project import get_project
from sandbox.gcp.plugin.functions.get_project_service_account import get_project_service_account
from sandbox.gcp.plugin.functions.get_transfer_project_service_account import (
    get_transfer_project_service_account,
)

Function = Callable[[Cloud, Mapping[str, Any]], Mapping[str, Any]]

FUNCTIONS: Final[Mapping[str, Function]] = {
    "gcp:organizations/getClientConfig:getClientConfig": get_client_config,
    "gcp:organizations/getProject:getProject": get_project,
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": get_project_service_account,
    "gcp:storage/getTransferProjectServiceAccount:getTransferProjectServiceAccount": (
        get_transfer_project_service_account
    ),
}
