"""A provider: a named set of handlers and functions, and the context they run in."""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plugin.handler import Handler, OperationInterruptedError, ResourceFailedError

Function = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def _silent(message: str, severity: str, passing: bool) -> None:
    """Where log lines go when no engine listens (unit tests)."""


@dataclass(frozen=True, kw_only=True)
class Context:
    """What surrounds one operation on one resource."""

    urn: str = ""
    name: str = ""
    timeout: float = 0.0
    """Seconds the user allows for the operation; 0 for no wish."""
    random_seed: bytes = b""
    """The engine's seed for automatic names, stable within one update."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    """Set when the user interrupts the update: what waits must look at it."""
    log: Callable[[str, str, bool], None] = _silent
    old_inputs: Mapping[str, Any] = field(default_factory=dict)
    """In an update, the inputs of the last one: the outputs hold what the cloud chose as well."""
    peer: str = ""
    """The connection's other end as gRPC tells it, e.g. ``ipv4:127.0.0.1:40001``."""
    configuration: Any = None
    """What :meth:`Provider.configure` made of this connection's configuration."""

    def progress(self, message: str) -> None:
        """Shows a passing status on the resource's row."""
        self.log(message, "info", True)

    def info(self, message: str) -> None:
        """Keeps a line in the update's diagnostics."""
        self.log(message, "info", False)

    def warn(self, message: str) -> None:
        """Keeps a warning in the update's diagnostics."""
        self.log(message, "warning", False)

    def wait(self, seconds: float) -> None:
        """Sleeps, but not past an interruption.

        Raises:
            OperationInterruptedError: when the user interrupted the update.
        """
        if self.cancelled.wait(seconds):
            raise OperationInterruptedError(f"{self.name or 'operation'}: interrupted")


class Provider:
    """Handlers by token and functions by token, under one name and version.

    Raises:
        ValueError: when two handlers claim one token.
    """

    def __init__(
        self,
        *,
        name: str,
        version: str,
        handlers: Iterable[Handler],
        functions: Mapping[str, Function] | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.functions = dict(functions or {})
        self.handlers: dict[str, Handler] = {}
        for handler in handlers:
            if handler.token in self.handlers:
                raise ValueError(f"two handlers for {handler.token}")
            self.handlers[handler.token] = handler

    def configure(self, variables: Mapping[str, Any]) -> Any:
        """Takes the provider's configuration, e.g. its region; the default ignores it.

        One server may answer several engines, and several explicitly configured providers of one
        program: the result is kept per connection and comes back as ``Context.configuration``.
        """
        return None

    def invoke(self, token: str, arguments: Mapping[str, Any], configuration: Any) -> Any:
        """Answers a function by its token.

        Raises:
            ResourceFailedError: when the token is not supported, naming it.
        """
        function = self.functions.get(token)
        if function is None:
            raise ResourceFailedError(f"{token} is not supported by this {self.name} provider")
        return function(arguments)

    def handler_for(self, urn: str) -> Handler:
        """The handler of the resource with this URN.

        Raises:
            ResourceFailedError: when the token is not supported, naming it.
        """
        token = token_of(urn)
        try:
            return self.handlers[token]
        except KeyError:
            raise ResourceFailedError(
                f"{token} is not supported by this {self.name} provider"
            ) from None


def token_of(urn: str) -> str:
    """The type token of a URN (the last of its ``$``-joined types)."""
    return urn.split("::")[2].rsplit("$", 1)[-1]
