"""What a service of the Azure sandbox is given.

A service package defines ``install(context: Context) -> None`` and is listed in
``sandbox.azure.server.SERVICES``. It adds resource types, and routes for what is not Resource
Manager's (those are found first, and nothing of them is checked here)::

    def install(context: Context) -> None:
        context.types.add(Workspaces(context))
        context.route("POST", "/aml/endpoints/{endpoint}/score", score)
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox.azure import environment
from sandbox.azure.tokens import Caller, Tokens
from sandbox.wire import Request
from sandbox.wire_context import WireContext

if TYPE_CHECKING:
    from sandbox.azure.blobs.azurite import Azurite
    from sandbox.azure.operations import Operations
    from sandbox.azure.resources import Resources
    from sandbox.azure.tls import Certificates
    from sandbox.azure.types_registry import Types


def now() -> str:
    """The time as Resource Manager writes it: UTC with seven digits of a second and ``Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


@dataclass(kw_only=True)
class Context(WireContext):
    """The running Azure side, as its services see it.

    Attributes:
        identity_url: where tokens are given, for processes that stand for Azure's machines.
        resources: everything that Resource Manager keeps.
        types: what is known of each resource type.
        operations: what takes longer than a request.
        tokens: gives and checks the tokens of identities.
        blobs: the data of storage accounts.
        certificates: for TLS, also of servers that services start themselves.
    """

    identity_url: str
    tokens: Tokens
    certificates: "Certificates"
    resources: "Resources" = field(init=False)
    types: "Types" = field(init=False)
    operations: "Operations" = field(init=False)
    blobs: "Azurite" = field(init=False)

    @property
    def audiences(self) -> tuple[str, ...]:
        """For whom a token for Resource Manager must be."""
        return (
            "https://management.azure.com",
            "https://management.core.windows.net",
            self.url,
        )

    def authenticate(self, request: Request) -> Caller:
        """Whose request for Resource Manager it is.

        Raises:
            ApiError: 401, for want of a token or because of the token.
        """
        return self.tokens.check(request.headers.get("authorization", ""), self.audiences)

    @property
    def address(self) -> str:
        """``127.0.0.1:PORT`` of Resource Manager."""
        return self.url.removeprefix("https://")

    def environment(self, *, client_id: str | None = None) -> dict[str, str]:
        """What a job's or a server's process needs so that Azure's SDKs reach this sandbox.

        Args:
            client_id: of the user-assigned identity it runs as; without one, the sandbox's own.
        """
        variables = environment.environment(
            address=self.address,
            identity_url=self.identity_url,
            identity_header=self.tokens.header,
            bundle=str(self.certificates.bundle),
        )
        if client_id is not None:
            # Read by DefaultAzureCredential.
            variables["AZURE_CLIENT_ID"] = client_id
        return variables
