"""A resource that the cloud still tells for a while after its deletion, as deleted."""

from plugin.handler import Properties
from sandbox.gcp.plugin.cloud import Cloud
from sandbox.gcp.plugin.rest_resource import RestResource


class SoftDeletedResource(RestResource):
    """Its name stays taken meanwhile, and deleting it twice is refused."""

    def remove(self, cloud: Cloud, resource_id: str, outputs: Properties) -> None:
        if self.find(cloud, resource_id, outputs) is not None:
            super().remove(cloud, resource_id, outputs)
