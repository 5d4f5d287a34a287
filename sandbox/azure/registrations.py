"""Which resource providers a subscription has registered: all, until one is taken out."""

from typing import Final

from sandbox.azure.context import Context
from sandbox.azure.errors import ApiError
from sandbox.azure.locations import LOCATIONS
from sandbox.store import Record

_COLLECTION: Final = "unregistered providers"


class Registrations:
    """The providers of every subscription."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def change(self, subscription: str, namespace: str, *, registered: bool) -> None:
        """Register a provider, or take it out."""
        key = _key(subscription, namespace)
        if registered:
            self._context.store.delete(_COLLECTION, key)
        else:
            self._context.store.put(_COLLECTION, key, {"namespace": namespace})

    def require(self, subscription: str, namespace: str) -> None:
        """Refuse what belongs to a provider that is not registered.

        Raises:
            ApiError: 409 with the words of Resource Manager.
        """
        if self._is_missing(subscription, namespace):
            message = (
                f"The subscription is not registered to use namespace '{namespace}'. See "
                "https://aka.ms/rps-not-found for how to register subscriptions."
            )
            code = "MissingSubscriptionRegistration"
            detail = {"code": code, "target": namespace, "message": message}
            raise ApiError(409, code, message, details=[detail])

    def described(self, subscription: str, namespace: str) -> Record:
        """A provider, its types and where they are to be had."""
        known = [kind.type for kind in self._context.types.all()]
        own = [kind for kind in known if kind.lower().startswith(f"{namespace.lower()}/")]
        missing = self._is_missing(subscription, namespace)
        return {
            "id": f"/subscriptions/{subscription}/providers/{namespace}",
            "namespace": namespace,
            "registrationState": "NotRegistered" if missing else "Registered",
            "resourceTypes": [
                {"resourceType": kind.partition("/")[2], "locations": sorted(LOCATIONS)}
                for kind in own
            ],
        }

    def _is_missing(self, subscription: str, namespace: str) -> bool:
        return self._context.store.get(_COLLECTION, _key(subscription, namespace)) is not None


def _key(subscription: str, namespace: str) -> str:
    return f"{subscription}/{namespace}".lower()
