"""``gcp:organizations/getClientConfig:getClientConfig``."""

from collections.abc import Mapping
from typing import Any

from sandbox.gcp.plugin.cloud import Cloud


def get_client_config(cloud: Cloud, _: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where the provider works; its token opens the sandbox and nothing else."""
    configured = cloud.configuration
    place = (configured.project, configured.region, configured.zone)
    return {
        "accessToken": "sandbox",
        "defaultLabels": dict(configured.default_labels),
        "id": 'projects/"{}"/regions/"{}"/zones/"{}"'.format(*place),
        "project": configured.project,
        "region": configured.region,
        "zone": configured.zone,
    }
