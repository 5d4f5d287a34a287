"""`python3 -m tools.setup`: the virtual environment from the lock file, then the engine.

Runs on the system's Python before anything is installed: standard library only. This
file also parses on older versions of Python 3, so that they get a message and not a
syntax error.
"""

import os
import shutil
import subprocess
import sys

OLDEST = (3, 11)
# On 3.14 Google's libraries need a protobuf that pulumi-policy does not take.
NEWEST = (3, 13)
CHECK = "import sys; sys.exit(not %r <= sys.version_info[:2] <= %r)" % (OLDEST, NEWEST)


def fitting_python():
    # type: () -> str | None
    """Another interpreter on PATH that fits. Each is run: a shim may be hollow."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found is not None and subprocess.call([found, "-c", CHECK], stderr=-3) == 0:
            return found
    return None


def require_python():
    # type: () -> None
    """Goes on under another interpreter where this one does not fit, or exits with a remedy."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    found = fitting_python()
    if found is not None:
        os.execv(found, [found, "-m", "tools.setup"] + sys.argv[1:])
    sys.stderr.write(
        "error: Python %d.%d to %d.%d is needed; %s is %d.%d and PATH has no fitting python3.N\n"
        "  \u2192 install one (Debian, Ubuntu: apt install python3.11 python3.11-venv; or pyenv),"
        " then `make PYTHON=/path/to/python3.11 ...`\n"
        % (OLDEST + NEWEST + (sys.executable, sys.version_info[0], sys.version_info[1]))
    )
    sys.exit(1)


def main():
    # type: () -> int
    """Everything set up; a second run is instant."""
    from tools import python_env
    from tools.engine import obtain

    python_env.ensure()
    if "--without-engine" not in sys.argv[1:]:
        obtain()
    return 0


if __name__ == "__main__":
    require_python()
    from tools.errors import run_main

    run_main(main)
