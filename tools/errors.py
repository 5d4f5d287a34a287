"""What goes wrong in tools, told to a person.

ToolError
 └─ SetupError   a prerequisite is missing, or a set-up step failed
"""

import sys
from collections.abc import Callable


class ToolError(Exception):
    """A failure a person can act on: what is wrong, and the remedy, no stack trace."""

    def __init__(self, problem: str, *, remedy: str) -> None:
        super().__init__(f"{problem}\n  → {remedy}")
        self.problem = problem
        self.remedy = remedy


class SetupError(ToolError):
    """The machine lacks something the set-up needs, or a set-up step failed."""


def run_main(main: Callable[[], int]) -> None:
    """Exits with main's status; a ToolError prints as a message, Ctrl-C exits 130 quietly."""
    try:
        status = main()
    except ToolError as error:
        print(f"error: {error}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        status = 130
    sys.exit(status)
