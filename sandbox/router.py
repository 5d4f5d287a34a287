"""Which handler answers a request, by path templates such as ``/v1/projects/{p}:verb``."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from sandbox.wire import Request, Response

Handler = Callable[[Request], object]
_VARIABLE = re.compile(r"\{(\w+)(\*?)\}")


@dataclass(frozen=True)
class _Route:
    pattern: re.Pattern[str]
    handler: Handler
    literal: int


def _compile(template: str) -> re.Pattern[str]:
    """``{x}`` is one segment without a verb, ``{x*}`` one segment that may hold colons."""
    pattern, position = "", 0
    for match in _VARIABLE.finditer(template):
        kind = "[^/]+" if match[2] else "[^/:]+"
        pattern += re.escape(template[position : match.start()]) + f"(?P<{match[1]}>{kind})"
        position = match.end()
    return re.compile(pattern + re.escape(template[position:]))


@dataclass
class Router:
    """Routes by method and number of segments; the one with most literal text wins."""

    _routes: dict[tuple[str, int], list[_Route]] = field(default_factory=dict)
    _paths: dict[int, list[re.Pattern[str]]] = field(default_factory=dict)

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Answer ``method`` on paths like ``template`` with ``handler``.

        A handler returns a :class:`Response`, or what becomes JSON; ``None`` is an empty answer.
        """
        segments = template.count("/")
        literal = len(_VARIABLE.sub("", template))
        routes = self._routes.setdefault((method, segments), [])
        routes.append(_Route(_compile(template), handler, literal))
        routes.sort(key=lambda route: -route.literal)
        self._paths.setdefault(segments, []).append(_compile(template))

    def find(self, request: Request) -> Handler | None:
        """The handler of a request, whose ``variables`` are set; ``None`` when nothing fits."""
        path = request.path.rstrip("/") or "/"
        for route in self._routes.get((request.method, path.count("/")), ()):
            match = route.pattern.fullmatch(path)
            if match:
                request.variables = {
                    name: unquote(text) for name, text in match.groupdict().items()
                }
                return route.handler
        return None

    def knows(self, path: str) -> bool:
        """Whether another method is answered on ``path``."""
        path = path.rstrip("/")
        return any(item.fullmatch(path) for item in self._paths.get(path.count("/"), ()))


__all__ = ["Handler", "Request", "Response", "Router"]
