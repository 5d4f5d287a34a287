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
    parser.add_argument("--cloud", help="needed when several clouds have an endpoint")
    parser.add_argument("--steps", type=int, help="how many releases back, 1 by default")
    parser.add_argument("--newest", action="store_true", help="serve the newest model again")
    arguments = parser.parse_args()
    require_stack(arguments.stack)
    stack = Stack(name=arguments.stack)
    stack.require_sandbox()
    cloud = cloud_of(stack.outputs(), arguments.cloud)
    if arguments.newest:
        return newest(stack, cloud=cloud)
    return roll_back(stack, cloud=cloud, steps=arguments.steps)


def cloud_of(outputs: dict[str, Any], wanted: str | None) -> str:
    """The cloud to roll back: the one with an endpoint, or of several the wanted one.

    Raises ToolError when that is none, or not said.
    """
    served = sorted(name for name, own in outputs.items() if (own or {}).get("endpoint_name"))
    if not served:
        raise ToolError("the stack has no endpoint", remedy="bring it up: `make up`")
    if wanted is None and len(served) > 1:
        raise ToolError(
            f"{' and '.join(served)} have an endpoint each: which one?",
            remedy=" or ".join(f"`make rollback ARGS='--cloud {name}'`" for name in served),
        )
    if wanted is not None and wanted not in served:
        raise ToolError(
            f"the stack has no endpoint in {wanted}", remedy=f"it has one in {', '.join(served)}"
        )
    return wanted or served[0]


def roll_back(stack: Stack, *, cloud: str, steps: int | None) -> int:
    """Has the endpoint in `cloud` serve the model of `steps` releases ago. Returns a status.

    Raises ToolError when there is no such release.
    """
    key = setting(stack, cloud)
    steps = steps_back(settings_file(stack), key, steps)
    release = earlier_release(stack.outputs(), cloud, steps)
    print(f"{cloud}: back to {release['training_job']} ({release['model_data_url']})", flush=True)
    words = [
        word
        for name in ("model_data_url", "model_sha256")
        for word in ("--plaintext", f"{key}.{name}={release[name]}")
    ]
    return stack.pulumi("config", "set-all", "--path", *words) or _up(stack)


def newest(stack: Stack, *, cloud: str) -> int:
    """Has the endpoint in `cloud` serve the newest model again. Returns a status.

    Raises ToolError when it does so already: then there is nothing to take out of the settings.
    """
    key = setting(stack, cloud)
    if pinned(settings_file(stack), key) is None:
        raise ToolError(
            f"{cloud}: the settings name no earlier model, so the newest one is served",
            remedy=f"`make rollback ARGS='--cloud {cloud}'` goes back from it",
        )
    return stack.pulumi("config", "rm", "--path", key) or _up(stack)


def setting(stack: Stack, cloud: str) -> str:
    """The setting that names the model to serve in place of the newest."""
    return f"{project_of(stack)}:{cloud}.serving.release"


def _up(stack: Stack) -> int:
    if stack.sandboxed:
        return stack.pulumi_checked("up", "--yes", "--skip-preview")
    return stack.pulumi_checked("up")


def project_of(stack: Stack) -> str:
    """The project's name, the first part of every setting's key."""
    return str(yaml.safe_load((stack.project / "Pulumi.yaml").read_text())["name"])


def settings_file(stack: Stack) -> dict[str, Any]:
    """What the stack's file of settings says."""
    text = (stack.project / f"Pulumi.{stack.name}.yaml").read_text()
    return dict(yaml.safe_load(text))


def pinned(settings: dict[str, Any], key: str) -> dict[str, Any] | None:
    """The earlier model that the settings name, if they do."""
    section, *names = key.split(".")
    value = settings["config"].get(section)
    for name in names:
        value = (value or {}).get(name)
    return value or None


def steps_back(settings: dict[str, Any], key: str, steps: int | None) -> int:
    """How many releases to go back: one, unless it is said.

    Raises ToolError when it is not said and the stack is rolled back already: one release back
    from there is the very model that was left.
    """
    value = pinned(settings, key)
    if value and steps is None:
        raise ToolError(
            f"the stack is rolled back already, to {value.get('model_data_url')}",
            remedy="`--newest` in ARGS serves the newest model again, `--steps N` the Nth of "
            "`earlier_releases` in `pulumi stack output`",
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
