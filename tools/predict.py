"""`make predict`: asks the endpoints of a stack and prints their answers as JSON, a line each."""

import argparse
import json
import os
from typing import Any

from tools import predictors
from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.stack import Stack

EXAMPLE = "[[1, 2, 3, 4]]"
ROWS = "rows are lists of the configured features in raw units"
WAY = (
    "was it changed outside of the program? `pulumi refresh` sees it and `make up` mends it; "
    "logs: `make logs`"
)


def main() -> int:
    """`python -m tools.predict [--stack NAME] [--cloud NAME] [ROWS]`."""
    parser = argparse.ArgumentParser(prog="make predict")
    parser.add_argument("--stack", default=LOCAL)
    parser.add_argument("--cloud", choices=sorted(predictors.BY_CLOUD), help="default: all")
    parser.add_argument("rows", nargs="*", help=f"rows in raw units as JSON, such as {EXAMPLE}")
    arguments = parser.parse_args()
    require_stack(arguments.stack)
    stack = Stack(name=arguments.stack)
    text = " ".join(arguments.rows)
    rows = read_rows(text) if text else [stack.data_settings().example_row]
    stack.require_sandbox()
    os.environ.update(stack.environ)  # for the clouds' SDKs, which look nowhere else
    # With secrets: a server without a cloud's sign-in before it has its key among the outputs.
    served = served_by(stack.outputs(show_secrets=True), arguments.cloud)
    for cloud, outputs in served.items():
        ways = predictors.ways(cloud, outputs)
        for way, predictor in ways.items():
            try:
                answers = predictor(outputs, rows)
            except predictors.PredictionFailed as failure:
                raise ToolError(
                    f"{cloud}: {way} {outputs['endpoint_name']}: {failure}",
                    remedy=ROWS if failure.by_model else WAY,
                ) from None
            by = {"by": way} if len(ways) > 1 else {}
            told = {"cloud": cloud, **by, "predictions": answers}
            print(json.dumps(told, ensure_ascii=False))
    return 0


def read_rows(text: str) -> list[list[float]]:
    """The rows written as JSON; a single row may stand without its outer brackets.

    Raises ToolError with an example when the text is something else.
    """
    try:
        rows = json.loads(text)
    except json.JSONDecodeError:
        rows = None
    if isinstance(rows, list) and rows and all(isinstance(value, int | float) for value in rows):
        rows = [rows]
    if not isinstance(rows, list) or not rows or not all(isinstance(row, list) for row in rows):
        raise ToolError(
            f"not rows of numbers: {text}", remedy=f"for instance: make predict ARGS='{EXAMPLE}'"
        )
    return rows


def served_by(outputs: dict[str, Any], cloud: str | None) -> dict[str, dict[str, Any]]:
    """The clouds that have an endpoint, or the one that is asked for.

    Raises ToolError when there is none.
    """
    served = {
        name: outputs[name]
        for name in sorted(predictors.BY_CLOUD)
        if predictors.ways(name, outputs.get(name) or {})
    }
    if not served:
        raise ToolError("the stack has no endpoint", remedy="bring it up: `make up`")
    if cloud is None:
        return served
    if cloud not in served:
        raise ToolError(
            f"the stack has no endpoint in {cloud}", remedy=f"it has one in {', '.join(served)}"
        )
    return {cloud: served[cloud]}


if __name__ == "__main__":
    run_main(main)
