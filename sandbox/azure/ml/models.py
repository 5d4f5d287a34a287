"""``workspaces/models/versions``: what comes out of a job stays where the job put it."""

from typing import ClassVar

from sandbox.azure.errors import bad_request
from sandbox.azure.ml.places import Places, workspace_of
from sandbox.azure.resource_type import Call
from sandbox.azure.types.machine_learning import WORKSPACES, AssetVersions
from sandbox.errors import JobError


class ModelVersions(AssetVersions):
    """Versions of models."""

    type: ClassVar[str] = f"{WORKSPACES}/models/versions"
    behaviour = "behaves"
    fixed = ("modelUri",)
    maps = ("flavors",)
    required = ("properties.modelUri",)

    def check(self, call: Call) -> None:
        """An output of a job is told as a place in a data store, which clients download from."""
        places = Places(self.context, workspace_of(self.context, str(call.id)))
        try:
            call.properties["modelUri"] = places.datastore_uri(str(call.properties["modelUri"]))
        except JobError as error:
            raise bad_request(f"{error}.", "UserError") from None
        super().check(call)
