"""``Microsoft.ManagedIdentity``: identities that processes of the sandbox get tokens of."""

import uuid

from sandbox.azure.environment import TENANT
from sandbox.azure.errors import conflict
from sandbox.azure.identity import IDENTITIES
from sandbox.azure.resource_type import Call, ResourceType

# Azure's limit for each identity.
MOST_CREDENTIALS = 20


class UserAssignedIdentities(ResourceType):
    """Identities with a principal of their own, for the identity endpoint and role assignments."""

    type = IDENTITIES
    behaviour = "behaves"
    tracked = True
    name = (
        r"[a-zA-Z0-9][\w-]{2,127}",
        "3 to 128 letters, digits, _ and -, a letter or digit first",
    )
    provisions = False
    generated = {
        "properties.principalId": lambda _: str(uuid.uuid4()),
        "properties.clientId": lambda _: str(uuid.uuid4()),
        "properties.tenantId": lambda _: TENANT,
    }


class FederatedIdentityCredentials(ResourceType):
    """Whose tokens stand for an identity; none is exchanged here."""

    type = f"{IDENTITIES}/federatedIdentityCredentials"
    name = (
        r"[a-zA-Z0-9][\w-]{2,119}",
        "3 to 120 letters, digits, _ and -, a letter or digit first",
    )
    provisions = False
    patchable = False
    required = ("properties.issuer", "properties.subject", "properties.audiences")

    def check(self, call: Call) -> None:
        parent = call.id.parent
        assert parent is not None
        others = [
            record
            for record in call.context.resources.children(parent, "federatedIdentityCredentials")
            if record["name"].lower() != call.id.name.lower()
        ]
        if call.old is None and len(others) >= MOST_CREDENTIALS:
            raise conflict(
                f"'{parent.name}' has {MOST_CREDENTIALS} credentials, the most there is."
            )
        wanted = (call.properties["issuer"], call.properties["subject"])
        if any(
            (record["properties"]["issuer"], record["properties"]["subject"]) == wanted
            for record in others
        ):
            raise conflict(
                "Issuer and subject combination already exists for this Managed Identity."
            )


TYPES = (UserAssignedIdentities, FederatedIdentityCredentials)
