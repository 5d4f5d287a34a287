"""Resources of Vertex AI that are recorded only."""

from sandbox.gcp.context import Context
from sandbox.gcp.recorded.collection import Collection
from sandbox.gcp.vertex.resources import PARENT
from sandbox.router import Request
from sandbox.store import Record


def install(context: Context) -> None:
    """Tensorboards; the list of locations."""
    for version in ("/v1", "/v1beta1"):
        api = f"google.cloud.aiplatform.{version[1:]}"
        Collection(
            context=context,
            version=version,
            parent=PARENT,
            name="tensorboards",
            by_number=True,
            operation=f"{api}.Tensorboard",
        )
        context.route("GET", f"{version}/{PARENT}", _location)


def _location(request: Request) -> Record:
    location = request.variables["location"]
    name = f"projects/{request.variables['project']}/locations/{location}"
    return {"name": name, "locationId": location}
