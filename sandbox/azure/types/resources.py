"""``Microsoft.Resources``: resource groups."""

from sandbox.azure.errors import not_found
from sandbox.azure.ids import GROUPS
from sandbox.azure.resource_type import Call, ResourceType


class ResourceGroups(ResourceType):
    """Groups; deleting one deletes all that is in it, and takes a while."""

    type = GROUPS
    behaviour = "behaves"
    scopes = frozenset({"subscription"})
    tracked = True
    name = (
        r"[\w.()-]{0,89}[\w()-]",
        "1 to 90 letters, digits, _ - ( ) and full stops, the last no full stop",
    )
    name_error = "InvalidResourceGroup"
    system_data = False
    long_running = frozenset({"DELETE"})

    def check_deletion(self, call: Call) -> None:
        if call.old is None:
            raise not_found(f"Resource group '{call.id.name}' could not be found.")


TYPES = (ResourceGroups,)
