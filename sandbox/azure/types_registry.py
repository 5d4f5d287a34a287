"""All resource types that Resource Manager knows, by name."""

from sandbox.azure.errors import ApiError
from sandbox.azure.resource_type import ResourceType


class Types:
    """Resource types by name, whatever its case."""

    def __init__(self) -> None:
        self._types: dict[str, ResourceType] = {}

    def add(self, *types: ResourceType) -> None:
        """Know these types; a second one of a name takes the first one's place."""
        for item in types:
            self._types[item.type.lower()] = item

    def all(self) -> list[ResourceType]:
        return [self._types[name] for name in sorted(self._types)]

    def find(self, name: str) -> ResourceType | None:
        return self._types.get(name.lower())

    def require(self, name: str, api_version: str = "") -> ResourceType:
        """The type.

        Raises:
            ApiError: there is none here.
        """
        found = self.find(name)
        if found is not None:
            return found
        namespace, _, kind = name.partition("/")
        if not any(known.startswith(f"{namespace.lower()}/") for known in self._types):
            raise ApiError(
                404,
                "InvalidResourceNamespace",
                f"The resource namespace '{namespace}' is invalid or unknown to the sandbox.",
            )
        raise ApiError(
            404,
            "InvalidResourceType",
            f"The resource type '{kind}' could not be found in the namespace '{namespace}' for "
            f"api version '{api_version}', or is not supported by the sandbox.",
        )
