"""What the engine runs for `--policy-pack policy`."""

import sys
from pathlib import Path

# The engine's runner puts this directory first; modules here are known by their package's name.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from policy.analyzer import serve  # noqa: E402

if __name__ == "__main__":
    serve()
