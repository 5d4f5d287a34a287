"""The resources of a preview, read from the engine's own event log."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_GONE: Final = ("delete", "delete-replaced", "discard", "discard-replaced")
_CLOUDS: Final = {"aws": "aws", "gcp": "gcp", "azure-native": "azure"}
OURS: Final = "trimaran"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A resource that will be there after `up`.

    component: the noun of the outermost component it belongs to, such as `Serving`.
    inputs:    as the program gave them; what only `up` will know is some text.
    """

    type: str
    urn: str
    cloud: str
    component: str
    inputs: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The resource's name in the program."""
        return self.urn.rpartition("::")[2]

    @property
    def region(self) -> str:
        """Where it is, as far as its inputs say; "" otherwise."""
        return str(self.inputs.get("region") or self.inputs.get("location") or "")


def read(event_log: Path) -> list[Planned]:
    """The clouds' resources in the log of a preview, without components and providers."""
    found: dict[str, Planned] = {}
    with event_log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line).get("resourcePreEvent") if line.strip() else None
            if event is None:
                continue
            step = event["metadata"]
            if step["op"] not in _GONE and step.get("new"):
                found.update(_planned(step))
    return list(found.values())


def is_complete(event_log: Path) -> bool:
    """Whether the preview came to its end: policies look at the stack when all is declared."""
    if not event_log.exists():
        return False
    with event_log.open(encoding="utf-8") as lines:
        return any('"policyAnalyzeStackSummaryEvent"' in line for line in lines)


def _planned(step: Mapping[str, Any]) -> Iterator[tuple[str, Planned]]:
    token, urn = step["type"], step["urn"]
    package, _, rest = token.partition(":")
    chain = urn.split("::")[2].split("$")
    cloud = _CLOUDS.get(package) or (rest.partition(":")[0] if package == OURS else "")
    if cloud not in _CLOUDS.values() or not step["new"].get("custom"):
        return
    owner = chain[0].rpartition(":")[2] if len(chain) > 1 else "stack"
    yield (
        urn,
        Planned(
            type=token,
            urn=urn,
            cloud=cloud,
            component=owner,
            inputs=step["new"].get("inputs") or {},
        ),
    )
