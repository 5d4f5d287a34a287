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
NEWEST_TRIED = (3, 13)
CHECK = "import sys; sys.exit(not sys.version_info >= %r)" % (OLDEST,)


def newer_python():
    # type: () -> str | None
    """Another interpreter on PATH that is new enough. Each is run: a shim may be hollow."""
    for minor in range(NEWEST_TRIED[1], OLDEST[1] - 1, -1):
        found = shutil.which("python3.%d" % minor)
        if found is not None and subprocess.call([found, "-c", CHECK], stderr=-3) == 0:
            return found
    return None


def require_python():
    # type: () -> None
    """Goes on under a newer interpreter where this one is too old, or exits with a remedy."""
    if sys.version_info >= OLDEST:
        return
    found = newer_python()
    if found is not None:
        os.execv(found, [found, "-m", "tools.setup"] + sys.argv[1:])
    sys.stderr.write(
        "error: Python %d.%d or newer is needed; %s is %d.%d and PATH has no newer python3.N\n"
        "  \u2192 install one (Debian, Ubuntu: apt install python3.11 python3.11-venv; or pyenv),"
        " then `make PYTHON=/path/to/python3.11 ...`\n"
        % (OLDEST[0], OLDEST[1], sys.executable, sys.version_info[0], sys.version_info[1])
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
