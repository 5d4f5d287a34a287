"""The provider plugin that stands in for ``pulumi-azure-native`` and talks to the sandbox's ARM.

:func:`serve` is the way in. One handler per token, in ``<module>/<token>.py``; the registry finds
them. ``resource`` is all they share: a path, an API version, a body; ``wire`` says how properties
stand in it, ``sdk`` reads the installed SDK's types; the rest is ``sandbox.plugins``.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import grpc


def serve(port: int, environment: Mapping[str, str]) -> "tuple[grpc.Server, int]":
    """Serves the provider on 127.0.0.1 for engines that attach; keep the server referenced.

    Args:
        port: 0 takes a free one; the second result is the port in use.
        environment: what ``python -m sandbox env`` prints of Azure.

    Raises:
        OSError: when the port is taken.
    """
    import threading

    from plugin import attach
    from sandbox.azure.plugin.provider import AzureProvider, warm

    served = attach(AzureProvider(environment), port)
    # Reading the SDK's types takes a moment that the user's program needs to start anyway.
    threading.Thread(target=warm, name="azure-plugin-warming", daemon=True).start()
    return served
