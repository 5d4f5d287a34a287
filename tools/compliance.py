"""`make compliance STACK=…`: what the policy pack says of a stack's state, for an auditor."""

import datetime as dt
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from policy import discovery, evaluation, profile, report, report_page
from policy.settings import facts
from tools.environment import LOCAL, require_stack
from tools.errors import ToolError, run_main
from tools.stack import Stack

FAILED = 1


def main() -> int:
    """`python -m tools.compliance [STACK]`: 1 when the state breaks a rule."""
    name = sys.argv[1] if len(sys.argv) > 1 else LOCAL
    require_stack(name)
    return write(Stack(name=name))


def write(stack: Stack) -> int:
    """Writes compliance-STACK.html and .json into the project; says what they hold."""
    project = str(yaml.safe_load((stack.project / "Pulumi.yaml").read_text())["name"])
    settings = stack.project / f"Pulumi.{stack.name}.yaml"
    config = yaml.safe_load(settings.read_text()).get("config", {})
    values = {
        key: value if isinstance(value, str) else json.dumps(value, default=str)
        for key, value in config.items()
    }
    try:
        known = facts(values, project=project, stack=stack.name)
        selection = profile.select(
            discovery.rules(), known.policy, where=f"{settings.name}: policy"
        )
    except (ValidationError, profile.BadSettings) as error:
        raise ToolError(str(error), remedy=f"correct {settings.name}") from None
    now = dt.datetime.now(dt.UTC)
    evidence = report.gather(stack.export_text(), known, selection, now=now)
    content = report.as_json(evidence)
    place = stack.project / f"compliance-{stack.name}.json"
    place.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
    page = place.with_suffix(".html")
    page.write_text(report_page.as_html(content))
    _say(content, page, place, settings.name)
    broken = content["summary"]["fail"] + content["summary"]["crash"]
    return FAILED if broken or evaluation.expired(known.policy) else 0


def _say(content: Mapping[str, Any], page: Path, place: Path, settings: str) -> None:
    told = ", ".join(f"{count} {kind}" for kind, count in content["summary"].items())
    print(f"{told}\n{page}\n{place}")
    for exemption in content["exemptions"]:
        if exemption["status"] != report.IN_USE:
            print(
                f"warning: the exemption of {exemption['resource']} from {exemption['rule']} "
                f"excuses nothing, {exemption['status']}: take it out of {settings}",
                file=sys.stderr,
            )


if __name__ == "__main__":
    run_main(main)
