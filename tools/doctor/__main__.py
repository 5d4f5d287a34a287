"""`make doctor`: what would stop `up`, before anything is created."""

import argparse
import logging
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from tools import paths
from tools.cost.planned import Planned
from tools.cost.report import platform_settings
from tools.doctor.case import Case
from tools.doctor.finding import Finding, Status, warn
from tools.doctor.plan import planned
from tools.doctor.run import examined, worst
from tools.doctor.show import as_json, terminal
from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.stack import Stack


def main() -> int:
    """`python -m tools.doctor [STACK] [--json]`. 1 where something would stop `up`."""
    parser = argparse.ArgumentParser(prog="make doctor")
    parser.add_argument("stack", nargs="?", default=LOCAL)
    parser.add_argument("--json", action="store_true", help="the findings as JSON")
    given = parser.parse_args()
    require_stack(given.stack)
    stack = Stack(name=given.stack)
    case = _case(stack)
    # The findings say it in a line; the libraries would add twenty on the terminal.
    for library in ("azure", "google"):
        logging.getLogger(library).setLevel(logging.CRITICAL)
    results = examined(case, unreachable=_unreachable(stack, case))
    if given.json:
        print(as_json(stack.name, results))
    else:
        Console().print(terminal(results))
    return 1 if worst(results) is Status.FAIL else 0


def _case(stack: Stack) -> Case:
    try:
        settings = platform_settings(stack.name, stack.project)
    except ValidationError as error:
        raise ToolError(str(error), remedy=f"correct Pulumi.{stack.name}.yaml") from None
    environ = dict(stack.environ)
    with ThreadPoolExecutor(1) as pool:
        # The preview takes longest; the state is read meanwhile.
        plan = pool.submit(_plan, stack.name, stack.project)
        state, problem = _state(stack)
        resources = plan.result()
    # For the clouds' SDKs, which look nowhere else: the stack's sign-in, and no other's.
    os.environ.clear()
    os.environ.update(environ)
    return Case(
        stack=stack.name,
        settings=settings,
        plan=resources,
        state=state,
        problem=problem,
        backend=paths.backend(stack.project) if stack.sandboxed else None,
    )


def _plan(name: str, project: Path) -> list[Planned] | None:
    try:
        return planned(name, project)
    except ToolError as error:
        print(f"warning: {error}", file=sys.stderr)
        return None


def _state(stack: Stack) -> tuple[dict[str, Any] | None, str]:
    """The stack's state, and why it cannot be read where it cannot."""
    if stack.sandboxed and not stack.exists():
        return None, ""
    try:
        return stack.export(), ""
    except ToolError as error:
        text = error.problem
        if "no stack named" in text:
            return None, ""
        return None, text.strip().splitlines()[-1]


def _unreachable(stack: Stack, case: Case) -> dict[str, Finding]:
    if not stack.sandboxed or "AWS_ENDPOINT_URL" in stack.environ:
        return {}
    finding = warn("the sandbox does not run: nothing was asked", "127.0.0.1", "make up starts it")
    return dict.fromkeys(case.settings.clouds, finding)


if __name__ == "__main__":
    run_main(main)
