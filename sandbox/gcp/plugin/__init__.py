"""The provider plugin that stands in for ``pulumi-gcp`` and talks to the sandbox's Google APIs.

:func:`serve` is the way in. One handler per token, in ``<module>/<token>.py``; the registry finds
them. ``rest_resource`` maps properties to REST collections, ``iam_member`` grants roles, ``labels``
keeps the program's labels and the provider's apart; the rest is ``sandbox.plugins``.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import grpc


def serve(port: int, endpoint_url: str) -> "tuple[grpc.Server, int]":
    """Serves the provider on 127.0.0.1 for engines that attach; keep the server referenced.

    ``port`` 0 takes a free one; the second result is the port in use.

    Raises:
        OSError: when the port is taken.
    """
    import threading

    from plugin import attach
    from sandbox.gcp.plugin.provider import GcpProvider, warm

    served = attach(GcpProvider(endpoint_url), port)
    # Reading the SDK's types takes a moment that the user's program needs to start anyway.
    threading.Thread(target=warm, name="gcp-plugin-warming", daemon=True).start()
    return served
