"""`make rollback`: puts an earlier model back behind the endpoint.

The model to serve is written into the stack's settings (`serving.release`), so that the decision
is reviewed like any other and later updates keep to it; then `pulumi up` makes the change, with
the same blue/green swap as any release. `--newest` takes it out again.
"""

import argparse
from typing import Any

import yaml

from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.stack import Stack


def main() -> int:
    """`python -m tools.rollback [--stack NAME] [--cloud NAME] [--steps N | --newest]`."""
    parser = argparse.ArgumentParser(prog="make rollback")
    parser.add_argument("--stack", default=LOCAL)
    parser.add_argument("--cloud", default="aws")
    parser.add_argument("--steps", type=int, help="how many releases back, 1 by default")
    parser.add_argument("--newest", action="store_true", help="serve the newest model again")
    arguments = parser.parse_args()
    require_stack(arguments.stack)
    stack = Stack(name=arguments.stack)
    stack.require_sandbox()
    key = f"{project_of(stack)}:{arguments.cloud}.serving.release"
    if arguments.newest:
        status = stack.pulumi("config", "rm", "--path", key)
    else:
        settings_file = yaml.safe_load((stack.project / f"Pulumi.{stack.name}.yaml").read_text())
        steps = steps_back(settings_file, key, arguments.steps)
        release = earlier_release(stack.outputs(), arguments.cloud, steps)
        print(f"back to {release['training_job']} ({release['model_data_url']})")
        settings = [
            word
            for name in ("model_data_url", "model_sha256")
            for word in ("--plaintext", f"{key}.{name}={release[name]}")
        ]
        status = stack.pulumi("config", "set-all", "--path", *settings)
    if status != 0:
        return status
    return stack.pulumi("up", "--yes", "--skip-preview") if stack.sandboxed else stack.pulumi("up")


def project_of(stack: Stack) -> str:
    """The project's name, the first part of every setting's key."""
    return str(yaml.safe_load((stack.project / "Pulumi.yaml").read_text())["name"])


def steps_back(settings_file: dict[str, Any], key: str, steps: int | None) -> int:
    """How many releases to go back: one, unless it is said.

    Raises ToolError when it is not said and the stack is rolled back already: one release back
    from there is the very model that was left.
    """
    section, *names = key.split(".")
    value = settings_file["config"].get(section)
    for name in names:
        value = (value or {}).get(name)
    if value and steps is None:
        raise ToolError(
            f"the stack is rolled back already, to {value.get('model_data_url')}",
            remedy="`make rollback ARGS=--newest` serves the newest model again, "
            "`ARGS='--steps N'` the Nth of `earlier_releases` in `pulumi stack output`",
        )
    return steps or 1


def earlier_release(outputs: dict[str, Any], cloud: str, steps: int) -> dict[str, str]:
    """What the endpoint served `steps` releases ago.

    Raises ToolError when it has not served so many models.
    """
    releases = (outputs.get(cloud) or {}).get("earlier_releases") or []
    if not 1 <= steps <= len(releases):
        raise ToolError(
            f"{cloud}: the endpoint has {len(releases)} earlier releases, not {steps}",
            remedy="see them with `pulumi stack output`; a first release has nothing before it",
        )
    release: dict[str, str] = releases[steps - 1]
    return release


if __name__ == "__main__":
    run_main(main)
