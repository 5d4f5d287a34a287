"""Whether a name that must be the only one in all of Azure can be had."""

import re
from collections.abc import Callable
from typing import Final

from sandbox.azure.context import Context
from sandbox.azure.resource_type import ResourceType
from sandbox.store import Record
from sandbox.wire import Request

_TYPES: Final = (
    "Microsoft.ContainerRegistry/registries",
    "Microsoft.KeyVault/vaults",
    "Microsoft.Storage/storageAccounts",
)


def install(context: Context) -> None:
    """Answer ``checkNameAvailability`` of the services that have it."""
    for name in _TYPES:
        namespace = name.partition("/")[0]
        path = f"/subscriptions/{{subscription}}/providers/{namespace}/checkNameAvailability"
        context.route("POST", path, _answering(context, context.types.require(name)))


def _answering(context: Context, kind: ResourceType) -> Callable[[Request], Record]:
    def answer(request: Request) -> Record:
        context.authenticate(request)
        name = str(request.json().get("name", ""))
        pattern, words = kind.name
        if not re.fullmatch(pattern, name):
            message = f"{name} is not valid: {words}."
            return {"nameAvailable": False, "reason": "AccountNameInvalid", "message": message}
        taken = (str(found["name"]).lower() for found in context.resources.of_type(kind.type))
        if name.lower() in taken:
            message = f"The name {name} is already taken."
            return {"nameAvailable": False, "reason": "AlreadyExists", "message": message}
        return {"nameAvailable": True}

    return answer
