"""Where this cloud's services are, as ``/metadata/endpoints`` tells every Azure client."""

from typing import Any

from sandbox.azure.context import Context
from sandbox.azure.environment import TENANT
from sandbox.wire import Request

NAME = "TrimaranSandbox"


def _cloud(context: Context) -> dict[str, Any]:
    """The form since 2019-05-01."""
    return {
        "name": NAME,
        # Clients read the endings of other services' names off it.
        "portal": "https://portal.azure.com",
        "authentication": {
            "loginEndpoint": "https://login.microsoftonline.com",
            "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
            "tenant": TENANT,
            "identityProvider": "AAD",
        },
        "resourceManager": f"{context.url}/",
        "graph": "https://graph.windows.net/",
        "graphAudience": "https://graph.windows.net/",
        "microsoftGraphResourceId": "https://graph.microsoft.com/",
        "media": "https://rest.media.azure.net",
        "batch": "https://batch.core.windows.net/",
        "sqlManagement": "https://management.core.windows.net:8443/",
        "activeDirectoryDataLake": "https://datalake.azure.net/",
        "suffixes": {
            # Names below localhost lead to this machine (RFC 6761); azure-storage-blob takes an
            # account's name from what stands before ".blob.core.".
            "storage": f"core.localhost:{context.blobs.port}",
            "keyVaultDns": "vault.azure.net",
            "acrLoginServer": "azurecr.io",
            "mhsmDns": "managedhsm.azure.net",
        },
    }


def install(context: Context) -> None:
    """Answer without a token and, in any version since it is a list, as a list."""

    def endpoints(request: Request) -> Any:
        cloud = _cloud(context)
        if request.query.get("api-version", "") >= "2022-09-01":
            # One cloud each: the list of the older versions is gone.
            return cloud
        if request.query.get("api-version", "") < "2019-05-01":
            return {
                "galleryEndpoint": "https://gallery.azure.com/",
                "graphEndpoint": cloud["graph"],
                "portalEndpoint": cloud["portal"],
                "authentication": {
                    "loginEndpoint": cloud["authentication"]["loginEndpoint"],
                    "audiences": cloud["authentication"]["audiences"],
                },
            }
        return [cloud]

    context.route("GET", "/metadata/endpoints", endpoints)
    # Where a workspace's own APIs are: all of them on this port.
    places = dict.fromkeys(("api", "experimentation", "history"), context.url)
    context.route("GET", "/discovery", lambda _: places)
