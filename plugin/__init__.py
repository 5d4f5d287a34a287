"""The Pulumi provider protocol, reduced to one handler per resource token.

Both of the project's provider programs stand on this package: ``trimaran``
(``components/runs``: jobs, gates and swaps that have to wait) and the sandbox's imitations of the
clouds' own providers. It knows the protocol and nothing of any cloud.
"""

from plugin.handler import CheckFailure, Difference, Handler, State
from plugin.provider import Context, Provider
from plugin.server import attach, run
from plugin.values import UNKNOWN, contains_unknown

__all__ = [
    "UNKNOWN",
    "CheckFailure",
    "Context",
    "Difference",
    "Handler",
    "Provider",
    "State",
    "attach",
    "contains_unknown",
    "run",
]
