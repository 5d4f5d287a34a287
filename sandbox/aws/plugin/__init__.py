"""The provider plugin that stands in for ``pulumi-aws`` and talks to the sandbox's AWS.

:func:`serve` is the way in. One handler per token, in ``<module>/<token>.py``; the registry finds
them. ``schema`` reads the installed SDK's types, ``checking`` and ``rules`` refuse bad inputs,
``wire`` maps properties to the API.
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
    from plugin import attach
    from sandbox.aws.plugin import warming
    from sandbox.aws.plugin.provider import AwsProvider

    served = attach(AwsProvider(endpoint_url), port)
    warming.start(endpoint_url)
    return served
