"""``Microsoft.Portal``: dashboards, as data; there is no portal to show them."""

from sandbox.azure.resource_type import Call, ResourceType


class Dashboards(ResourceType):
    """Dashboards."""

    type = "Microsoft.Portal/dashboards"
    tracked = True
    name = (r"[a-zA-Z0-9-]{3,160}", "3 to 160 letters, digits and dashes")

    def complete(self, call: Call) -> None:
        call.properties.setdefault("lenses", [])


TYPES = (Dashboards,)
