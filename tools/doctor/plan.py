"""The resources that a stack wants: those of `make preview`, without its display."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools import workspace
from tools.cost.planned import Planned, read
from tools.errors import ToolError
from tools.stack import SandboxedStack


class _Quiet(SandboxedStack):
    """Whose commands say something only where they fail."""

    def run(self, command: list[str], environ: Mapping[str, str]) -> int:
        ended = subprocess.run(
            command,
            cwd=self.project,
            env=dict(environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ended.returncode != 0:
            raise ToolError(
                f"{' '.join(command[:3])} … failed:\n{ended.stdout[-2000:]}",
                remedy=f"make preview STACK={self.name}",
            )
        return 0


def planned(name: str, project: Path) -> list[Planned]:
    """The resources of a new stack of that name.

    Previewed as `make preview` does: in a throw-away workspace against the sandbox's plugins.

    Raises:
        ToolError: with what the preview said.
    """
    with tempfile.TemporaryDirectory(prefix="trimaran-doctor-") as directory:
        place = workspace.make(Path(directory) / "project", project=project)
        stack = _Quiet(name=name, project=place, sandbox_state=place / ".sandbox")
        log = Path(directory) / "events.json"
        stack.start_sandbox()
        try:
            stack.create()
            # The engine hides the option otherwise.
            stack.environ["PULUMI_DEBUG_COMMANDS"] = "true"
            stack.pulumi("preview", "--event-log", str(log), "--non-interactive")
            return read(log)
        finally:
            stack.sandbox("stop")
