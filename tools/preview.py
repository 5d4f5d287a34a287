"""`make preview STACK=…`: what an `up` would do, without credentials.

Stack local is previewed as it is. Any other stack is previewed as a new one, in a
throw-away workspace against the sandbox's plugins: no account, no login, no tracked file
and no stack of the person's own is touched.
"""

import sys
import tempfile
from pathlib import Path

from tools import workspace
from tools.environment import LOCAL, require_stack
from tools.errors import run_main
from tools.stack import SandboxedStack, Stack


def main() -> int:
    """`python -m tools.preview [STACK]`."""
    name = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    require_stack(name)
    if name == LOCAL:
        return _preview(Stack(name=name))
    with tempfile.TemporaryDirectory(prefix="trimaran-preview-") as directory:
        project = workspace.make(Path(directory))
        stack = SandboxedStack(name=name, project=project, sandbox_state=project / ".sandbox")
        try:
            return _preview(stack)
        finally:
            stack.sandbox("stop")


def _preview(stack: Stack) -> int:
    stack.start_sandbox()
    stack.create()
    return stack.pulumi_checked("preview")


if __name__ == "__main__":
    run_main(main)
