"""`make drift STACK=…`: what differs between a stack's state and its clouds; changes neither."""

import argparse
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.stack import Stack

DRIFTED: Final = 2
"""Status of a stack that differs; 1 is left to what kept it from being looked at."""
_UNTOUCHED: Final = ("same", "refresh", "read")


@dataclass(frozen=True, kw_only=True)
class Drift:
    """A resource that is not as the stack's state has it.

    gone:       whether the cloud no longer has it.
    properties: paths of what differs otherwise.
    """

    urn: str
    gone: bool
    properties: tuple[str, ...]

    def __str__(self) -> str:
        token, _, name = self.urn.rpartition("::")
        token = token.rpartition("$")[2].rpartition("::")[2]
        what = "gone" if self.gone else f"changed: {', '.join(self.properties) or 'outputs only'}"
        return f"{name} ({token}): {what}"


def main() -> int:
    """`python -m tools.drift [STACK]`: 0 without drift, 2 with it."""
    parser = argparse.ArgumentParser(prog="make drift", description="What was changed by hand.")
    parser.add_argument("stack", nargs="?", default=LOCAL)
    name = parser.parse_args().stack
    require_stack(name)
    stack = Stack(name=name)
    stack.require_sandbox()
    return look(stack)


def look(stack: Stack) -> int:
    """Compares and tells each difference.

    Raises:
        ToolError: the clouds or the state could not be read.
    """
    with tempfile.TemporaryDirectory(prefix="trimaran-drift-") as directory:
        log = Path(directory) / "events.json"
        # The engine's own list of differences, beside its display; it hides the flag otherwise.
        stack.environ["PULUMI_DEBUG_COMMANDS"] = "true"
        # Without the program: what differs from the last `up`, not from the code of today.
        status = stack.pulumi(
            "refresh", "--preview-only", "--non-interactive", "--event-log", str(log)
        )
        if status != 0:
            raise ToolError(
                f"stack {stack.name} could not be compared with its clouds",
                remedy="the messages above say why: a login, a permission, or a stack that is "
                f"not up (`make up STACK={stack.name}`)",
            )
        found = list(read(log))
    if not found:
        print(f"\nno drift: the clouds have what stack {stack.name} declared")
        return 0
    print(f"\n{len(found)} of stack {stack.name} drifted:")
    print("\n".join(f"  {drift}" for drift in found))
    print(
        f"  → take it back: `pulumi up --refresh --stack {stack.name}`; or keep it: write it into "
        "the settings first"
    )
    return DRIFTED


def read(event_log: Path) -> Iterator[Drift]:
    """The differences in the log of a refresh."""
    with event_log.open(encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line).get("resOutputsEvent") if line.strip() else None
            if event is not None and event["metadata"]["op"] not in _UNTOUCHED:
                yield _drift(event["metadata"])


def _drift(step: dict[str, Any]) -> Drift:
    return Drift(
        urn=step["urn"],
        gone=step["op"] == "delete",
        properties=tuple(sorted(step.get("detailedDiff") or step.get("diffs") or ())),
    )


if __name__ == "__main__":
    run_main(main)
