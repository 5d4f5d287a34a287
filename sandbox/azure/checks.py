"""What Resource Manager refuses of a write, whatever the type."""

import copy
import re

from sandbox.azure import paths
from sandbox.azure.context import Context
from sandbox.azure.errors import bad_request, conflict, not_found
from sandbox.azure.ids import GROUPS, SUBSCRIPTIONS, ResourceId
from sandbox.azure.locations import LOCATIONS, normalised
from sandbox.azure.resource_type import Call, ResourceType
from sandbox.azure.resources import missing


def checked(kind: ResourceType, call: Call) -> None:
    """Refuse what every service refuses, and fill in the type's defaults.

    Raises:
        ApiError: the request cannot be carried out.
    """
    require_surroundings(call.context, call.id)
    new, old, resource = call.new, call.old, call.id
    _check_scope(kind, resource)
    pattern, words = kind.name
    if old is None and not re.fullmatch(pattern, resource.name):
        raise bad_request(
            f"The name '{resource.name}' is not valid for {kind.type}: {words}.",
            kind.name_error,
        )
    if kind.tracked:
        _check_location(kind, call)
    tags = new.get("tags")
    if tags is not None and not (
        isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())
    ):
        raise bad_request("Tags must be a map from texts to texts.", "InvalidTagsFormat")
    for path, default in kind.defaults.items():
        if paths.value(new, path) is None:
            paths.put(new, path, copy.deepcopy(default))
    for path in kind.required:
        if paths.value(new, path) in (None, "", [], {}):
            raise bad_request(
                f"The property '{path}' of {kind.type} is required.", "InvalidRequestContent"
            )
    for path, allowed in kind.allowed.items():
        for value in paths.values(new, path):
            known = {item.lower(): item for item in allowed}
            if str(value).lower() not in known:
                listed = ", ".join(sorted(allowed))
                raise bad_request(
                    f"The value '{value}' of '{path}' is not allowed; allowed: {listed}.",
                    "InvalidRequestContent",
                )
            if isinstance(value, str) and "[]" not in path:
                paths.put(new, path, known[value.lower()])
    if old is not None:
        for path in kind.immutable:
            kept = paths.value(old, path)
            if kept is not None and "[]" not in path and paths.value(new, path) is None:
                paths.put(new, path, copy.deepcopy(kept))
            if list(paths.values(old, path)) != list(paths.values(new, path)):
                raise conflict(
                    f"Changing property '{path}' of '{old['id']}' is not allowed.",
                    "PropertyChangeNotAllowed",
                )
    elif kind.unique:
        _check_unique(kind, call)


def _check_scope(kind: ResourceType, resource: ResourceId) -> None:
    scope = resource.scope
    if scope is None:
        place = "tenant"
    elif scope.type == SUBSCRIPTIONS:
        place = "subscription"
    else:
        place = "group" if scope.type == GROUPS else "resource"
    if place not in kind.scopes:
        listed = ", ".join(sorted(kind.scopes))
        raise bad_request(
            f"{kind.type} cannot be at the scope of a {place}; it can be at: {listed}.",
            "InvalidScope",
        )


def _check_location(kind: ResourceType, call: Call) -> None:
    location = call.new.get("location")
    if not location:
        raise bad_request(
            "The location property is required for this definition.", "LocationRequired"
        )
    found = normalised(str(location))
    if found not in LOCATIONS and found != "global":
        listed = ",".join(sorted(LOCATIONS))
        raise bad_request(
            f"The provided location '{location}' is not available for resource type "
            f"'{kind.type}'. List of available regions for the resource type is '{listed}'.",
            "LocationNotAvailableForResourceType",
        )
    if call.old is not None and call.old["location"] != found:
        raise conflict(
            f"The resource '{call.id.name}' already exists in location "
            f"'{call.old['location']}' in resource group '{call.id.group}'. A resource with "
            f"the same name cannot be created in location '{found}'. Please select a new "
            "resource name.",
            "InvalidResourceLocation",
        )
    call.new["location"] = found


def _check_unique(kind: ResourceType, call: Call) -> None:
    taken = {str(item["name"]).lower() for item in call.context.resources.of_type(kind.type)}
    if call.id.name.lower() in taken:
        raise conflict(f"The name '{call.id.name}' is already taken.", kind.unique)


def require_surroundings(context: Context, resource: ResourceId) -> None:
    """The resource group, the parent or the thing an extension is about must exist.

    Raises:
        ApiError: 404, with a code that says which of them does not.
    """
    parent = resource.parent
    if parent is None or parent.type == SUBSCRIPTIONS:
        return
    if len(resource.names) == 1:
        require_surroundings(context, parent)
    if context.resources.get(parent) is not None:
        return
    if len(resource.names) > 1:
        require_surroundings(context, parent)
        raise not_found(
            f"Failed to perform 'write' on resource(s) of type '{resource.type}', because the "
            f"parent resource '{parent}' could not be found.",
            "ParentResourceNotFound",
        )
    raise missing(parent)
