"""`make transfer`: copies objects from one cloud to another with the login of a stack."""

import argparse
import os
import sys
from collections.abc import Sequence

from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.stack import Stack

EXAMPLE = "make transfer FROM=s3://bucket/prefix TO=gs://bucket/prefix"
ENDPOINT = "AZURE_STORAGE_SERVICE_ENDPOINT"
NAMED_BY = ("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT", ENDPOINT)
"""Variables that say which storage account `az://` means; see transfer/azure.py."""


def main() -> int:
    """`python -m tools.transfer [--stack NAME] -- [OPTION…] FROM TO`; see `python -m transfer`."""
    parser = argparse.ArgumentParser(prog="make transfer")
    parser.add_argument("--stack", default=LOCAL)
    parser.add_argument("arguments", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    arguments = [word for word in given.arguments if word != "--"]
    if needs_both(arguments) and not all(arguments):
        raise ToolError("FROM and TO are needed", remedy=f"for instance: {EXAMPLE}")
    require_stack(given.stack)
    stack = Stack(name=given.stack)
    stack.require_sandbox()
    # The Makefile hands FROM and TO over as empty words where they were left out.
    command = [sys.executable, "-m", "transfer", *filter(None, arguments)]
    # In place of this process, so that Ctrl-C and the exit status are the command's own.
    os.chdir(stack.project)
    os.execve(sys.executable, command, {**stack.environ, **sink_variables(stack, arguments)})


def sink_variables(stack: Stack, arguments: Sequence[str]) -> dict[str, str]:
    """What an address `az://container/…` needs besides: the stack's own lake, unless one is named.

    Raises ToolError when the stack has none.
    """
    if not any(word.startswith("az://") for word in arguments):
        return {}
    if any(stack.environ.get(name) for name in NAMED_BY):
        return {}
    url = (stack.outputs().get("azure") or {}).get("storage")
    if not url:
        raise ToolError(
            f"az://: stack {stack.name} has no lake in Azure",
            remedy="add azure to `trimaran:clouds` and run `make up`"
            + ("" if stack.sandboxed else ", or set AZURE_STORAGE_ACCOUNT"),
        )
    return {ENDPOINT: str(url)}


def needs_both(arguments: Sequence[str]) -> bool:
    """Whether a transfer with these words copies: its other uses do without FROM, or both."""
    return not {"-h", "--help", "--discard-unfinished"} & set(arguments)


if __name__ == "__main__":
    run_main(main)
