"""`make up`: the sandbox where it is needed, `pulumi up`, and a short table of what there is."""

import signal
import sys

from tools import summary
from tools.environment import LOCAL, require_stack
from tools.errors import run_main
from tools.stack import Stack


def main() -> int:
    """`python -m tools.up [STACK]`."""
    name = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    require_stack(name)
    stack = Stack(name=name)
    status = _up_in_sandbox(stack) if stack.sandboxed else stack.pulumi_checked("up")
    if status != 0:
        return status
    summary.show(stack, stack.export())
    return 0


def _up_in_sandbox(stack: Stack) -> int:
    stack.start_sandbox()
    stack.create()
    status = stack.recover() or stack.pulumi_checked("up", "--yes", "--skip-preview")
    if status < 0:
        cut = f"pulumi was ended by {signal.Signals(-status).name}"
        print(f"\n{cut}. What was created stays: `make up` goes on from there.", file=sys.stderr)
    elif status != 0:
        print(
            "\nWhat was created stays. Mend what the message above names, then `make up` again; "
            "logs of jobs and endpoints: `make logs`.",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    run_main(main)
