"""What every REST cloud of the sandbox gives its services: state, routes, jobs, hooks."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.jobs import JobRunner
from sandbox.router import Handler, Router
from sandbox.state import StateDirectory
from sandbox.store import Store

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class WireContext:
    """The running side of one cloud, as its services see it.

    Attributes:
        url: of this cloud's server, without a slash at the end.
        directory: files of this cloud inside the state directory.
        jobs: shared with the other clouds, so that the machine is not overrun.
        stopping: set when the sandbox stops; background loops wait on it.
    """

    state: StateDirectory
    directory: Path
    url: str
    store: Store
    jobs: JobRunner
    router: Router = field(default_factory=Router)
    stopping: threading.Event = field(default_factory=threading.Event)
    start_hooks: list[Callable[[], None]] = field(default_factory=list)
    stop_hooks: list[Callable[[], None]] = field(default_factory=list)
    reports: list[Callable[[], list[str]]] = field(default_factory=list)

    def route(self, method: str, template: str, handler: Handler) -> None:
        """Answer ``method`` on paths like ``template``; see :class:`Router`."""
        self.router.add(method, template, handler)

    def on_start(self, hook: Callable[[], None]) -> None:
        self.start_hooks.append(hook)

    def on_stop(self, hook: Callable[[], None]) -> None:
        self.stop_hooks.append(hook)

    def report(self, lines: Callable[[], list[str]]) -> None:
        """Lines for ``sandbox status``."""
        self.reports.append(lines)

    def every(self, seconds: float, name: str, work: Callable[[], None]) -> None:
        """Run ``work`` repeatedly in its own thread until the sandbox stops."""

        def loop() -> None:
            while not self.stopping.wait(seconds):
                try:
                    work()
                except Exception:
                    log.exception("background work %s failed", name)

        self.on_start(lambda: threading.Thread(target=loop, name=name, daemon=True).start())

    def run_stop_hooks(self) -> None:
        """The hooks of what was started, last first; one that fails keeps none from running."""
        for hook in reversed(self.stop_hooks):
            try:
                hook()
            except Exception:
                log.exception("a stop hook failed")
