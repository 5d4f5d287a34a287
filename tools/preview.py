"""`make preview STACK=…`: what an `up` would do, without credentials.

Stack local is previewed as it is. Any other stack is previewed as a new one, in a
throw-away workspace against the sandbox's plugins: no account, no login, no tracked file
and no stack of the person's own is touched.

Below the changes stands what the stack costs, also where the policies refuse it; above its budget,
the preview fails.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tools import workspace
from tools.cost import planned
from tools.cost.report import report
from tools.cost.table import verdicts
from tools.environment import LOCAL, require_stack
from tools.errors import run_main
from tools.stack import SandboxedStack, Stack


def main() -> int:
    """`python -m tools.preview [STACK] [--markdown [FILE]]`."""
    parser = argparse.ArgumentParser(prog="make preview", description="What `up` would do.")
    parser.add_argument("stack", nargs="?", default=LOCAL)
    parser.add_argument(
        "--markdown",
        nargs="?",
        const=Path("-"),
        type=Path,
        metavar="FILE",
        help="the cost table as Markdown: into FILE as well, or shown instead of the table",
    )
    given = parser.parse_args()
    name, markdown = given.stack, given.markdown
    require_stack(name)
    if name == LOCAL:
        return _preview(Stack(name=name), markdown)
    with tempfile.TemporaryDirectory(prefix="trimaran-preview-") as directory:
        project = workspace.make(Path(directory))
        stack = SandboxedStack(name=name, project=project, sandbox_state=project / ".sandbox")
        try:
            return _preview(stack, markdown)
        finally:
            stack.sandbox("stop")


def _preview(stack: Stack, markdown: Path | None) -> int:
    stack.start_sandbox()
    stack.create()
    # The engine's own list of resources, beside its display; it hides the flag otherwise.
    stack.environ["PULUMI_DEBUG_COMMANDS"] = "true"
    with tempfile.TemporaryDirectory(prefix="trimaran-events-") as directory:
        log = Path(directory) / "events.json"
        status = stack.pulumi_checked("preview", "--event-log", str(log))
        if status != 0 and not planned.is_complete(log):
            return status
        # What the policies refuse has its price all the same: nobody should learn it one by one.
        return max(status, _cost(stack, log, markdown))


def _cost(stack: Stack, event_log: Path, markdown: Path | None) -> int:
    found = report(stack.name, project=stack.project, event_log=event_log, markdown=markdown)
    if stack.name == LOCAL:
        print("\nThe sandbox costs nothing: this is what real accounts would be charged.")
        return 0
    for verdict in verdicts(found):
        print(f"error: {verdict}", file=sys.stderr)
    if found.over:
        print(
            f"  → take less, or raise the budget in Pulumi.{stack.name}.yaml "
            "(what each line assumes: settings `usage`)",
            file=sys.stderr,
        )
    return 1 if found.over else 0


if __name__ == "__main__":
    run_main(main)
